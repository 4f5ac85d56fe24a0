import type { ReactNode } from 'react'
import { formatCount } from './format.ts'
import { HexagonIcon } from './icons.tsx'

export type Reason = {
  readonly key: string
  readonly text: ReactNode
  /** Stands first, whatever the counts are. */
  readonly lead?: boolean
  /** How many it applies to. */
  readonly count?: number
  /** What the reader can do about it. */
  readonly fix?: ReactNode
}

type Props = {
  readonly title: string
  readonly reasons: readonly Reason[]
  readonly note?: ReactNode
  /** A count with what it counts, such as «2 nodes»: a bare figure reads as a rank. */
  readonly counted?: (count: number) => string
}

/** Why something is as it is: what leads, then the largest first, each with what can be done. */
export function Why({ counted = formatCount, ...props }: Props) {
  const weight = ({ lead, count }: Reason) => (lead ? Number.POSITIVE_INFINITY : (count ?? 0))
  const reasons = [...props.reasons].sort((a, b) => (weight(b) > weight(a) ? 1 : weight(b) < weight(a) ? -1 : 0))
  return (
    <section className="bh-why" aria-label={props.title}>
      <h3>
        <HexagonIcon>
          <path d="M6.6 6.600a1.5 1.5 0 1 1 2.1 1.400c-.5.2-.7.5-.7.900M8 10.900v.1" />
        </HexagonIcon>{' '}
        {props.title}
      </h3>
      <ul>
        {reasons.map(({ key, text, count, fix }) => (
          <li key={key}>
            {count !== undefined && <strong className="bh-why-count">{counted(count)}</strong>}
            <div>
              <div>{text}</div>
              {fix !== undefined && <div className="bh-small">{fix}</div>}
            </div>
          </li>
        ))}
      </ul>
      {props.note !== undefined && <p className="bh-small">{props.note}</p>}
    </section>
  )
}

import { CopyButton } from './copy-button.tsx'
import { NONE, shortHash } from './format.ts'

/** First and last four of a hash; copies the whole. */
export function Hash({ value }: { readonly value: string | undefined }) {
  if (!value) return <span>{NONE}</span>
  return (
    <span className="bh-mono" title={value}>
      {shortHash(value)}
      <CopyButton value={value} what={shortHash(value)} />
    </span>
  )
}

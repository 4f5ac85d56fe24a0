import type { ReactNode } from 'react'

export type Fact = { readonly key: string; readonly label: ReactNode; readonly value: ReactNode }

/** Names and values; on a narrow screen each value stands under its name. */
export function Facts({ items }: { readonly items: readonly Fact[] }) {
  return (
    <dl className="bh-facts">
      {items.map(({ key, label, value }) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

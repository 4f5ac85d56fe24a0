import { Input } from 'antd'
import { useId } from 'react'

/** A labelled line of text. */
export function Field(props: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly decimal?: boolean
}) {
  const id = useId()
  return (
    <div>
      <label htmlFor={id}>{props.label}</label>
      <Input
        id={id}
        value={props.value}
        {...(props.decimal ? { inputMode: 'decimal' as const } : {})}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </div>
  )
}

import { useId, useState } from 'react'
import { useTexts } from '../shared/texts.ts'
import { mTexts } from './texts.ts'

export type FieldProps = {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly password?: boolean
  readonly autoComplete?: string
}

/** A labelled line of input; a password can be shown, because large fingers mistype. */
export function Field({ label, value, onChange, password = false, autoComplete }: FieldProps) {
  const t = useTexts(mTexts)
  const id = useId()
  const [shown, setShown] = useState(false)
  return (
    <div className="m-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={password && !shown ? 'password' : 'text'}
        value={value}
        autoComplete={autoComplete}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
      />
      {password && (
        <label className="m-check">
          <input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} />
          {t('showPassword')}
        </label>
      )}
    </div>
  )
}

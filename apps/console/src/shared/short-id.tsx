import { CopyButton } from './copy-button.tsx'
import { shortId } from './format.ts'

/** The end of an id that tells it apart; copies the whole. */
export function ShortId({ id, copy = true }: { readonly id: string; readonly copy?: boolean }) {
  return (
    <span className="bh-mono" title={id}>
      {shortId(id)}
      {copy && <CopyButton value={id} what={shortId(id)} />}
    </span>
  )
}

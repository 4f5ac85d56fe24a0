import { useEffect, useState } from 'react'
import { CheckIcon, CopyIcon } from './icons.tsx'
import { after } from './now.ts'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({
  zh: { copy: '复制 {what}', copied: '已复制', failed: '没有复制成功，请手动选取' },
  en: { copy: 'Copy {what}', copied: 'Copied', failed: 'Not copied: select it by hand' },
})

/** Copies the whole value; says so to the eye and to the ear. */
export function CopyButton({ value, what }: { readonly value: string; readonly what: string }) {
  const t = useTexts(texts)
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  useEffect(() => (state === 'idle' ? undefined : after(2_000, () => setState('idle'))), [state])
  const copy = () => {
    // Browsers give the clipboard to pages of a secure origin only.
    const written = navigator.clipboard?.writeText(value) ?? Promise.reject(new Error('no clipboard'))
    written.then(
      () => setState('copied'),
      () => setState('failed'),
    )
  }
  return (
    <button
      type="button"
      className="bh-copy"
      onClick={copy}
      aria-label={t('copy', { what })}
      title={t('copy', { what })}
    >
      {state === 'copied' ? <CheckIcon /> : <CopyIcon />}
      <span role="status" className={state === 'failed' ? 'bh-copy-said' : 'bh-sr'}>
        {state === 'idle' ? '' : t(state)}
      </span>
    </button>
  )
}

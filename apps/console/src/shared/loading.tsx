import { useEffect, useState } from 'react'
import { every } from './now.ts'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({
  zh: { loading: '正在读取…', waiting: '正在等{whom}答复，已等 {seconds} 秒', service: '服务器' },
  en: { loading: 'Loading…', waiting: 'Waiting for {whom} to answer, {seconds} s so far', service: 'the server' },
})

/** Keeps the place of what comes; after five seconds names whom we wait for, and how long already. */
export function Loading({ rows = 3, whom }: { readonly rows?: number; readonly whom?: string }) {
  const t = useTexts(texts)
  const [seconds, setSeconds] = useState(0)
  useEffect(() => every(1_000, () => setSeconds((past) => past + 1)), [])
  const slow = seconds >= 5
  return (
    <div className="bh-loading" aria-busy="true">
      {Array.from({ length: rows }, (_, row) => (
        <div key={`row-${row}`} className="bh-loading-row" style={{ width: `${[92, 78, 85, 64][row % 4]}%` }} />
      ))}
      <p role="status" className={slow ? 'bh-small' : 'bh-sr'}>
        {slow ? t('waiting', { whom: whom ?? t('service'), seconds: seconds - (seconds % 5) }) : t('loading')}
      </p>
    </div>
  )
}

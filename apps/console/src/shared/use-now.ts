import { useEffect, useState } from 'react'
import { every, now } from './now.ts'

/** The time, read again every `ms`: for ages and deadlines, never for figures of money. */
export function useNow(ms = 1_000): number {
  const [at, setAt] = useState(now)
  useEffect(() => every(ms, () => setAt(now())), [ms])
  return at
}

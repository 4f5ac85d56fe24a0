import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { LiveTopic } from '../shared/queries.ts'

/** Runs an act, keeps its failure on view, and reads anew what it changed. */
export function useAct(topic: LiveTopic) {
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const run = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true)
    setError(undefined)
    try {
      const done = await act()
      await queries.invalidateQueries({ queryKey: [topic] })
      return done
    } catch (failure) {
      setError(failure)
      return undefined
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, error }
}

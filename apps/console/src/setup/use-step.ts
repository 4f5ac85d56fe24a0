import { useState } from 'react'

/** Runs a step and keeps its failure on view; nothing that was typed is lost. */
export function useStep() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const run = async (act: () => Promise<void>) => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
    } catch (failure) {
      setError(failure)
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, error }
}

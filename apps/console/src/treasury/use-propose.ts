import { type ProposalBody, ProposalView } from '@bithive/api/treasury'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { call } from '../shared/call.ts'

/** One key for each proposal that a person fills in, so that sending it twice makes one. */
export function usePropose() {
  const queries = useQueryClient()
  const key = useRef<string | undefined>(undefined)
  return useMutation({
    mutationFn: (made: { proposal: ProposalBody; reason: string }) => {
      key.current ??= crypto.randomUUID()
      const body = { ...made, requestKey: key.current }
      return call(ProposalView, '/hub/v1/treasury/proposals', { method: 'POST', body })
    },
    onSuccess: () => {
      key.current = undefined
      void queries.invalidateQueries({ queryKey: ['treasury'] })
    },
  })
}

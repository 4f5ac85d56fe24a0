import { ProposalView } from '@bithive/api/treasury'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call } from '../shared/call.ts'

type Decision = { readonly approve: boolean; readonly proposalId: string; readonly reason?: string }

/** The second person's decision of a proposal; the reason goes with what is rejected. */
export function useDecide() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ proposalId, ...body }: Decision) =>
      call(ProposalView, `/hub/v1/treasury/proposals/${proposalId}/decision`, { method: 'POST', body }),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['treasury'] })
      void queries.invalidateQueries({ queryKey: ['ledger'] })
    },
  })
}

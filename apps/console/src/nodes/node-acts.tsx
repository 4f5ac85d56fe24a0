import { NodeView } from '@bithive/api/compute'
import { type NodeDetail, NodeRemoved } from '@bithive/api/nodes'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { nodeTexts } from './texts.ts'
import { runsNodes } from './who.ts'

/** Pausing, resuming and removing, each with what it does to the work that is there. */
export function NodeActs({ detail }: { readonly detail: NodeDetail }) {
  const t = useTexts(nodeTexts)
  const session = useSession()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const [asked, setAsked] = useState<'drain' | 'remove' | undefined>(undefined)
  const { node, working, awaitingAnswer } = detail
  const path = `${session.networkBase}/nodes/${node.nodeId}`
  const reason = runsNodes(session) ? undefined : t('yourPart')
  const setDraining = async (draining: boolean) => {
    await call(NodeView, `${path}/drain`, { method: 'POST', body: { draining } })
    await queries.invalidateQueries({ queryKey: ['nodes'] })
  }
  const remove = async () => {
    await call(NodeRemoved, `${path}/remove`, { method: 'POST', body: {} })
    await navigate({ to: '/nodes' as string })
    await queries.invalidateQueries({ queryKey: ['nodes'] })
  }
  const facts = { name: node.name, working, awaiting: awaitingAnswer }
  return (
    <>
      {node.state === 'draining' ? (
        <Act reason={reason} onlyOnline onClick={() => void setDraining(false)}>
          {t('resume')}
        </Act>
      ) : (
        <Act reason={reason} onlyOnline onClick={() => setAsked('drain')}>
          {t('drain')}
        </Act>
      )}
      <Act reason={reason} onlyOnline onClick={() => setAsked('remove')}>
        {t('remove')}
      </Act>
      <Confirm
        open={asked === 'drain'}
        title={t('drainTitle', facts)}
        act={t('drain')}
        onConfirm={() => setDraining(true)}
        onClose={() => setAsked(undefined)}
      >
        {t('drainBody', facts)}
      </Confirm>
      <Confirm
        open={asked === 'remove'}
        title={t('removeTitle', facts)}
        act={t('remove')}
        danger
        typeName={node.name}
        onConfirm={remove}
        onClose={() => setAsked(undefined)}
      >
        {t('removeBody', facts)}
      </Confirm>
    </>
  )
}

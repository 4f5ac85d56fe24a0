import { NodeView } from '@bithive/api/compute'
import { Link } from '@tanstack/react-router'
import { z } from 'zod'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { formatFloor } from './format-floor.ts'
import { nodeTexts } from './texts.ts'

const NodeList = z.object({ nodes: z.array(NodeView) })

const STATES: Readonly<
  Record<NodeView['state'], { tone: Tone; word: 'stateOnline' | 'stateOffline' | 'stateDraining' }>
> = {
  online: { tone: 'ok', word: 'stateOnline' },
  offline: { tone: 'off', word: 'stateOffline' },
  draining: { tone: 'todo', word: 'stateDraining' },
}

export function NodeState({ state }: { readonly state: NodeView['state'] }) {
  const t = useTexts(nodeTexts)
  return <StatusTag tone={STATES[state].tone}>{t(STATES[state].word)}</StatusTag>
}

/** The organisation's nodes, each with what decides whether it gets work. */
export function NodeTable({ action }: { readonly action: React.ReactNode }) {
  const t = useTexts(nodeTexts)
  const { networkBase } = useSession()
  const list = useLive(['nodes', 'list', networkBase], NodeList, `${networkBase}/nodes`)
  const columns: readonly Column<NodeView>[] = [
    {
      key: 'name',
      title: t('name'),
      value: ({ name }) => name,
      render: ({ name, nodeId }) => (
        <Link to={'/nodes/$nodeId' as string} params={{ nodeId } as never} dir="auto">
          {name}
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => state,
      render: ({ state }) => <NodeState state={state} />,
    },
    { key: 'slots', title: t('slots'), value: ({ running, slots }) => `${running} / ${slots}` },
    { key: 'tier', title: t('tier'), value: ({ tierGranted }) => tierGranted },
    { key: 'place', title: t('place'), value: ({ region, jurisdiction }) => `${region}, ${jurisdiction}` },
    { key: 'floor', title: t('floor'), align: 'right', value: ({ floorPrice }) => formatFloor(floorPrice) },
    {
      key: 'seen',
      title: t('lastSeen'),
      value: ({ lastSeenAt }) => lastSeenAt,
      render: ({ lastSeenAt }) => <Time at={lastSeenAt} relative />,
    },
  ]
  return (
    <DataTable<NodeView>
      id="nodes"
      label={t('yourNodes')}
      rows={list.data?.nodes}
      rowKey={({ nodeId }) => nodeId}
      columns={columns}
      error={list.error}
      onRetry={() => void list.refetch()}
      search={({ name, region, nodeId }) => `${name} ${region} ${nodeId}`}
      empty={<Empty action={action}>{t('noNodes')}</Empty>}
    />
  )
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NodeTokenCreated, NodeTokenOrder, NodeView } from '@bithive/api/compute'
import { systemClock } from '@bithive/kernel/clock'
import { runNode } from '@bithive/node'
import { z } from 'zod'
import type { Command, Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'
import { wordOf } from './command/words.ts'
import { nodeLine } from './node-lines.ts'

const NodeList = z.object({ nodes: z.array(NodeView) })

const token: Command = {
  usage: '--kind home|hospital|computing-centre|data-centre --region R --jurisdiction CN [--trusted]',
  about: { zh: '生成一次性的节点加入口令', en: 'Make a one-time token for a node to join with' },
  options: {
    kind: { type: 'string' },
    region: { type: 'string' },
    jurisdiction: { type: 'string' },
    trusted: { type: 'boolean' },
  },
  run: async ({ values, env }) => {
    const order = NodeTokenOrder.safeParse({
      ownerKind: values.kind,
      region: values.region,
      jurisdiction: values.jurisdiction,
      trusted: values.trusted ?? false,
    })
    if (!order.success) throw commandErrors.error('usage', { option: String(order.error.issues[0]?.path[0] ?? '') })
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const made = NodeTokenCreated.parse(await hub.post('/hub/v1/nodes/tokens', order.data))
    return { data: { ...made, hub: hub.url }, text: () => `bithive node join ${hub.url} --token ${made.token}` }
  },
}

async function readTokenFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw commandErrors.error('no-file', { option: '--token-file' }, error)
  })
  return text.trim()
}

const join_: Command = {
  usage:
    '<hub-url> [--token T | --token-file FILE] [--name N] [--slots N] [--floor 0.80] [--directory D] [--sandbox auto|bubblewrap|process]',
  about: { zh: '把这台电脑加入网络并开始接单', en: 'Join the network with this machine and take work' },
  options: {
    token: { type: 'string' },
    'token-file': { type: 'string' },
    name: { type: 'string' },
    slots: { type: 'string' },
    floor: { type: 'string' },
    directory: { type: 'string' },
    sandbox: { type: 'string' },
  },
  takes: [1, 1],
  run: async ({ values, positionals, env, log, say, signal, locale }) => {
    const sandbox = z.enum(['auto', 'bubblewrap', 'process']).safeParse(values.sandbox ?? 'auto')
    const slots = z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .safeParse(values.slots ?? '1')
    if (!sandbox.success || !slots.success) throw commandErrors.error('usage', { option: '--sandbox, --slots' })
    const directory = String(values.directory ?? join(dataDirectoryOf(env), 'node'))
    // On a machine that others use, a token on the line can be seen in the list of processes; a file cannot.
    const file = values['token-file']
    const token = typeof file === 'string' ? await readTokenFile(file) : (values.token as string | undefined)
    const node = await runNode({
      hubUrl: positionals[0] as string,
      ...(token === undefined ? {} : { token }),
      directory,
      name: String(values.name ?? 'node-1'),
      slots: slots.data,
      floorPrice: String(values.floor ?? '0.80'),
      sandbox: sandbox.data,
      log,
      clock: systemClock,
      signal,
      report: (event) => {
        const line = nodeLine(event, locale)
        if (line !== undefined) say(line)
      },
    })
    await node.stopped
    return { data: { nodeId: node.nodeId, state: 'stopped' }, text: () => node.nodeId }
  },
}

/** Two to four decimals: a floor has six in the books, and most of them are nothing. */
function floorOf(amount: string): string {
  const [whole = '0', fraction = ''] = amount.split('.')
  return `${whole}.${fraction.replace(/0+$/, '').slice(0, 4).padEnd(2, '0')}`
}

const status: Command = {
  usage: '[node-id]',
  about: { zh: '查看本机构的节点', en: "Show this organisation's nodes" },
  takes: [0, 1],
  run: async ({ positionals, env }) => {
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const wanted = positionals[0]
    const { nodes } = NodeList.parse(await hub.get('/hub/v1/nodes'))
    const shown = wanted ? nodes.filter(({ nodeId }) => nodeId.startsWith(wanted)) : nodes
    return {
      data: { nodes: shown },
      text: (locale) => {
        const headers =
          locale === 'zh'
            ? ['节点', '名称', '所有者', '地区', '等级', '状态', '任务', '底价']
            : ['node', 'name', 'owner', 'region', 'tier', 'state', 'jobs', 'floor']
        const rows = shown.map((n) => [
          n.nodeId,
          n.name,
          wordOf(n.ownerKind, locale),
          n.region,
          String(n.tierGranted),
          wordOf(n.state, locale),
          `${n.running}/${n.slots}`,
          `${floorOf(n.floorPrice)} CNY`,
        ])
        return formatTable(headers, rows, [4, 6, 7])
      },
    }
  },
}

const drain: Command = {
  usage: '<node-id>',
  about: { zh: '不再接新任务，做完手上的后离线', en: 'Take no new work and leave when the running work is done' },
  takes: [1, 1],
  run: async ({ positionals, env }) => {
    const hub = await connectTo('hub', dataDirectoryOf(env))
    const wanted = positionals[0] as string
    const { nodes } = NodeList.parse(await hub.get('/hub/v1/nodes'))
    const found = nodes.filter(({ nodeId }) => nodeId.startsWith(wanted))
    if (found.length > 1) throw commandErrors.error('ambiguous', { given: wanted.slice(0, 40), matches: found.length })
    const nodeId = found[0]?.nodeId ?? wanted
    const answer = await hub.post(`/hub/v1/nodes/${encodeURIComponent(nodeId)}/drain`, { draining: true })
    return {
      data: { node: answer },
      text: (locale) =>
        locale === 'zh' ? `${positionals[0]} 不再接新任务，做完手上的后离线` : `${positionals[0]} takes no new work`,
    }
  },
}

export const node: Noun = {
  about: { zh: '计算节点', en: 'Compute nodes' },
  verbs: { join: join_, status, drain, token },
}

import type { GenesisDocument } from './genesis-document.ts'

type Text = { readonly zh: string; readonly en: string }

const KINDS: Readonly<Record<string, Text>> = {
  holder: { zh: '各机构的余额', en: 'Balances of organisations' },
  escrow: { zh: '各机构的托管', en: 'Escrow of organisations' },
  royalty: { zh: '模型作者的分成', en: 'Royalties of authors' },
  fee: { zh: '网络收取的服务费', en: "The network's fees" },
  pool: { zh: '质量奖池', en: 'Quality pool' },
  'quality-pool': { zh: '质量奖池', en: 'Quality pool' },
  treasury: { zh: '网络金库', en: "The network's treasury" },
  clearing: { zh: '分片间清算（应归零）', en: 'Clearing between shards (returns to zero)' },
  custody: { zh: '托管', en: 'Custody' },
}

const OWNERS: Readonly<Record<string, Text>> = {
  'network:desk treasury': { zh: '兑换台存量', en: 'Stock of the conversion desk' },
  'network:rewards treasury': { zh: '增发所得，用于补贴', en: 'From emission, for stipends' },
  'network:suspense treasury': { zh: '待查入账', en: 'Received, owner unknown yet' },
  'network:compute escrow': { zh: '算力任务的托管', en: 'Escrow of computing jobs' },
  'network:grant escrow': { zh: '已授予、尚未释放', en: 'Granted and not yet released' },
}

/** What a line of the supply is, in words. */
export function textOfHolding(owners: string, kind: string, document: GenesisDocument | undefined): Text {
  const known = OWNERS[`${owners} ${kind}`]
  if (known) return known
  const purpose = owners.startsWith('network:') && kind === 'treasury' ? owners.slice('network:'.length) : undefined
  const allocated = document?.accounts.find((one) => one.purpose === purpose)
  return allocated?.text ?? KINDS[kind] ?? { zh: kind, en: kind }
}

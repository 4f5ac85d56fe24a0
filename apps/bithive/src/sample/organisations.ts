/**
 * The invented organisations of the sample. Nobody of these names is known to us; everything they own, owe and
 * do here is made up, and every screen says «sample».
 */
export type SampleOrganisation = {
  /** Stable name by which a second start finds the organisation again. */
  readonly key: string
  readonly kind: 'operator' | 'general-hospital' | 'individual' | 'computing-centre' | 'research-institute'
  readonly name: { readonly zh: string; readonly en: string }
}

export const SAMPLE_ORGANISATIONS = [
  {
    key: 'sample-operator',
    kind: 'operator',
    name: { zh: '样例网络运营者', en: 'Sample Network Operator' },
  },
  {
    key: 'sample-hospital',
    kind: 'general-hospital',
    name: { zh: '青禾医院（样例）', en: 'Qinghe Hospital (sample)' },
  },
  {
    key: 'sample-home',
    kind: 'individual',
    name: { zh: '林晓家（样例）', en: 'Lin Xiao at home (sample)' },
  },
  {
    key: 'sample-centre',
    kind: 'computing-centre',
    name: { zh: '澄湖计算中心（样例）', en: 'Chenghu Computing Centre (sample)' },
  },
] as const satisfies readonly SampleOrganisation[]

export type SampleNode = {
  readonly key: string
  readonly name: string
  readonly organisation: (typeof SAMPLE_ORGANISATIONS)[number]['key']
  readonly ownerKind: 'home' | 'hospital' | 'computing-centre'
  readonly region: string
  readonly trusted: boolean
  /** Least price for one reference-core second, CNY. */
  readonly floorPrice: string
}

export const SAMPLE_NODES: readonly SampleNode[] = [
  {
    key: 'home',
    name: '林晓家的电脑 home-1',
    organisation: 'sample-home',
    ownerKind: 'home',
    region: 'chengdu',
    trusted: false,
    floorPrice: '0.60',
  },
  {
    key: 'hospital',
    name: '青禾医院夜间工作站 hospital-1',
    organisation: 'sample-hospital',
    ownerKind: 'hospital',
    region: 'shanghai',
    trusted: true,
    floorPrice: '0.90',
  },
  {
    key: 'centre',
    name: '澄湖计算中心 centre-1',
    organisation: 'sample-centre',
    ownerKind: 'computing-centre',
    region: 'hangzhou',
    trusted: true,
    floorPrice: '0.80',
  },
]

/** What the sample hospital starts with on each ledger shard, CNY: sample money, issued once. */
export const SAMPLE_FUNDING_CNY_PER_SHARD = '5000.00'

import type { GenesisDocument } from './genesis-document.ts'

/** The allocation of a sample hub: invented figures, issued for trying out, worth nothing outside it. */
export const SAMPLE_GENESIS: GenesisDocument = {
  schema: 'bithive.genesis.v1',
  asset: 'BTT',
  sample: true,
  title: { zh: '样例创世分配', en: 'Sample genesis allocation' },
  accounts: [
    {
      purpose: 'sample-funding',
      text: { zh: '样例机构的起始资金', en: 'Starting money of sample organisations' },
      amount: '400000000',
    },
    {
      purpose: 'supporters',
      text: { zh: '机构支持者的授予', en: 'Grants of institutional supporters' },
      amount: '200000000',
    },
    { purpose: 'community', text: { zh: '社区金库', en: 'Community treasury' }, amount: '250000000' },
    { purpose: 'reserve', text: { zh: '储备', en: 'Reserve' }, amount: '100000000' },
    { purpose: 'desk', text: { zh: '兑换台存量', en: 'Stock of the conversion desk' }, amount: '50000000' },
  ],
  emission: { startsAt: '2026-11-01T00:00:00Z', epochMs: 86_400_000 },
}

/** CNY fen that the sample's desk holds on each shard: sample money, which stands for no bank. */
export const SAMPLE_DESK_FEN = 50_000_000n

import type { ProposalBody } from '@bithive/api/treasury'
import type { LocalText } from '../shared/texts.ts'
import { useLocalText } from '../shared/texts.ts'

const KINDS: Readonly<Record<string, LocalText>> = {
  'manual-rate': { zh: '手工汇率', en: 'Manual rate' },
  'let-jump-pass': { zh: '放行汇率变动', en: 'Let a jump pass' },
  parameter: { zh: '参数', en: 'Parameter' },
  fee: { zh: '费率', en: 'Fee' },
  genesis: { zh: '创世分配', en: 'Genesis allocation' },
  burn: { zh: '销毁', en: 'Burn' },
  move: { zh: '金库内划转', en: 'Move inside the treasury' },
  'bank-account': { zh: '银行账户', en: 'Bank account' },
  'assign-deposit': { zh: '入账归属', en: 'Assign a deposit' },
  'return-deposit': { zh: '退回汇款人', en: 'Send a deposit back' },
  grant: { zh: '授予', en: 'Grant' },
  statement: { zh: '银行对账单', en: 'Bank statement' },
  'revoke-grant': { zh: '撤销授予', en: 'Revoke a grant' },
}

export function useKindWords(): (kind: string) => string {
  const said = useLocalText()
  return (kind) => {
    const known = KINDS[kind]
    return known ? said(known) : kind
  }
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

/** What is proposed, in figures: the same in both languages. */
export function describeProposal(body: ProposalBody): string {
  switch (body.kind) {
    case 'manual-rate':
    case 'let-jump-pass':
      return `${body.pair} ${body.price}`
    case 'parameter':
      return `${body.name} = ${body.value}`
    case 'fee':
      return `${body.name} = ${Number(body.value) / 100}% · ${day(body.effectiveFrom)} Z`
    case 'genesis':
      return 'BTT'
    case 'burn':
      return `−${body.amount} BTT · ${body.purpose}`
    case 'move':
      return `${body.amount} ${body.asset} · ${body.from} → ${body.to}`
    case 'bank-account':
      return `${body.account} ${body.currency} · ${body.holder} · ${body.bank}`
    case 'assign-deposit':
      return `${body.entryId} → ${body.orgId}`
    case 'return-deposit':
      return body.entryId
    case 'grant':
      return `${body.amount} BTT → ${body.orgId}`
    case 'statement':
      return [
        `${body.account} ${body.bankId}`,
        `${body.opening} + ${body.incoming} − ${body.outgoing} = ${body.closing} ${body.currency}`,
        `SHA-256 ${body.fileSha256}`,
      ].join(' · ')
    case 'revoke-grant':
      return body.grantId
  }
}

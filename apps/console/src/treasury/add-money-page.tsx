import { FundingView } from '@bithive/api/treasury'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'

const texts = defineTexts({
  zh: {
    title: '充值',
    about: '从贵院的银行账户汇款，按付款参考号自动归属。',
    shut: '适用的规则没有开放银行充值。',
    how: '怎样汇款',
    account: '收款账号',
    holder: '户名',
    bank: '开户行',
    currency: '币种',
    reference: '付款参考号',
    copy: '付款参考号',
    noReference: '还没有付款参考号。',
    get: '获取付款参考号',
    noBank: '运营方还没有登记收款账户。',
    one: '把参考号完整写进汇款附言，它是贵院专用的，可以一直使用。',
    two: '银行入账后，运营方上传当天的对账单，款项随即进入贵院账户，通常为下一个工作日。',
    three: '没有参考号或写错时，款项先放在待查，由运营方两人核实后归属或退回，不会丢失。',
    sample: '样例账户：不是真实的银行，请不要汇款。',
    arrived: '已到账',
    none: '还没有到账的款项。',
    date: '入账日',
    amount: '金额',
    how2: '归属方式',
    matched: '按参考号',
    assigned: '由两人核实',
  },
  en: {
    title: 'Add money',
    about: "Pay from your organisation's bank account. The reference says whose money it is.",
    shut: 'The rules that apply open no funding by bank.',
    how: 'How to pay',
    account: 'Account',
    holder: 'Holder',
    bank: 'Bank',
    currency: 'Currency',
    reference: 'Payment reference',
    copy: 'payment reference',
    noReference: 'You have no payment reference yet.',
    get: 'Get a payment reference',
    noBank: 'The operator has not registered a bank account yet.',
    one: 'Write the whole reference into the payment. It is yours alone and can be used again and again.',
    two: "Once the bank has booked it, the operator takes in the day's statement and the money is yours: usually the next working day.",
    three:
      'Without the reference, or with a wrong one, the money waits until two people have found its owner or sent it back. It is not lost.',
    sample: 'A sample account of no real bank. Do not pay.',
    arrived: 'Arrived',
    none: 'Nothing has arrived yet.',
    date: 'Booked on',
    amount: 'Amount',
    how2: 'Matched',
    matched: 'by reference',
    assigned: 'by two people',
  },
})

function Instructions({ funding, ask }: { readonly funding: FundingView; readonly ask: ReactNode }) {
  const t = useTexts(texts)
  const [account] = funding.accounts
  if (!account) return <Empty>{t('noBank')}</Empty>
  return (
    <div className="bh-stack">
      {account.sample && <StatusTag tone="todo">{t('sample')}</StatusTag>}
      <Facts
        items={[
          {
            key: 'reference',
            label: t('reference'),
            value: funding.reference ? (
              <span>
                <span className="bh-mono">{funding.spacedReference}</span>
                <CopyButton value={funding.reference} what={t('copy')} />
              </span>
            ) : (
              t('noReference')
            ),
          },
          { key: 'account', label: t('account'), value: <span className="bh-mono">{account.account}</span> },
          { key: 'holder', label: t('holder'), value: <span dir="auto">{account.holder}</span> },
          { key: 'bank', label: t('bank'), value: <span dir="auto">{account.bank}</span> },
          { key: 'currency', label: t('currency'), value: account.currency },
        ]}
      />
      {!funding.reference && ask}
      <ol>
        <li>{t('one')}</li>
        <li>{t('two')}</li>
        <li>{t('three')}</li>
      </ol>
    </div>
  )
}

/** How an organisation adds money, and what has arrived so far. */
export function AddMoneyPage() {
  const t = useTexts(texts)
  const { networkBase } = useSession()
  const queries = useQueryClient()
  const path = `${networkBase}/treasury/funding`
  const { data, error, refetch } = useLive(['treasury', 'funding'], FundingView, path)
  const ask = useMutation({
    mutationFn: () => call(FundingView, path, { method: 'POST', body: {} }),
    onSuccess: (funding) => queries.setQueryData(['treasury', 'funding'], funding),
  })
  const button = (
    <div className="bh-row">
      <Act type="primary" onlyOnline loading={ask.isPending} onClick={() => ask.mutate()}>
        {t('get')}
      </Act>
    </div>
  )
  return (
    <Page title={t('title')} about={t('about')} docs="treasury">
      {error && !data ? <Problem error={error} onRetry={() => void refetch()} /> : undefined}
      {!data && !error && <Loading />}
      {data && !data.open && <Empty>{t('shut')}</Empty>}
      {data?.open && (
        <div className="bh-columns">
          <Panel title={t('how')}>
            <Instructions funding={data} ask={button} />
            {ask.error && <Problem error={ask.error} />}
          </Panel>
          <Panel title={t('arrived')}>
            <DataTable
              id="deposits"
              label={t('arrived')}
              rows={data.deposits}
              rowKey={({ entryId }) => entryId}
              empty={<Empty>{t('none')}</Empty>}
              columns={[
                { key: 'date', title: t('date'), value: ({ bookedOn }) => bookedOn },
                {
                  key: 'amount',
                  title: t('amount'),
                  align: 'right',
                  value: ({ amount }) => amount,
                  render: ({ amount, currency }) => <Money amount={amount} asset={currency} exact />,
                },
                {
                  key: 'how',
                  title: t('how2'),
                  value: ({ state }) => (state === 'assigned' ? t('assigned') : t('matched')),
                },
              ]}
            />
          </Panel>
        </div>
      )}
    </Page>
  )
}

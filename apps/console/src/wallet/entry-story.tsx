import type { WalletEntry } from '@bithive/api/wallet'
import { Link } from '@tanstack/react-router'
import { Drawer } from 'antd'
import { type Fact, Facts } from '../shared/facts.tsx'
import { formatMoney } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { walletTexts } from './texts.ts'

const isZero = (amount: string) => /^-?0*(\.0*)?$/.test(amount)

/** The balance before: the one after less what the entry did, in whole units of the last decimal. */
export function balanceBefore(after: string, effect: string): string {
  const decimals = (after.split('.')[1] ?? '').length
  const units = BigInt(after.replace('.', '')) - BigInt(effect.replace('.', ''))
  const digits = String(units < 0n ? -units : units).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return `${units < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(digits.length - decimals)}`}`
}

/** Held, paid and given back of one job as one story, with who was paid where the reader paid. */
function Story({ entry }: { readonly entry: WalletEntry }) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const { story, asset } = entry
  if (!story) return null
  const money = (amount: string) => <Money amount={amount} asset={asset} exact />
  const steps: Fact[] = [
    ...(story.orderedAt === undefined
      ? []
      : [{ key: 'ordered', label: t('ordered'), value: <Time at={story.orderedAt} /> }]),
    ...(story.held === undefined ? [] : [{ key: 'held', label: t('storyHeld'), value: money(story.held) }]),
    ...(story.paid === undefined ? [] : [{ key: 'paid', label: t('storyPaid'), value: money(story.paid) }]),
    ...(story.released === undefined
      ? []
      : [{ key: 'released', label: t('storyReleased'), value: money(story.released) }]),
  ]
  return (
    <>
      {steps.length > 0 && (
        <section aria-label={t('story')}>
          <h3>{t('story')}</h3>
          <Facts items={steps} />
          {story.held !== undefined && story.paid === undefined && <p className="bh-small">{t('storyOpen')}</p>}
        </section>
      )}
      {story.parts && (
        <section aria-label={t('parts')}>
          <h3>{t('parts')}</h3>
          <Facts
            items={story.parts.map(({ text, to, amount }) => ({
              key: text.en,
              label: said(text),
              value: (
                <>
                  {money(amount)} <span dir="auto">{said(to.name ?? to.kind)}</span>
                </>
              ),
            }))}
          />
        </section>
      )}
    </>
  )
}

/** Everything that is known of one entry: which job, which part, whose, and what the balance was before and after. */
export function EntryDrawer({
  entry,
  onClose,
}: {
  readonly entry: WalletEntry | undefined
  readonly onClose: () => void
}) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const locale = useLocale()
  const { service } = useSession()
  const money = (amount: string, sign = false) => <Money amount={amount} asset={entry?.asset ?? ''} exact sign={sign} />
  const story = entry?.story
  const facts: Fact[] = entry
    ? [
        { key: 'time', label: t('time'), value: <Time at={entry.at} /> },
        { key: 'effect', label: t('effect'), value: money(entry.effect, true) },
        { key: 'available', label: t('available'), value: money(entry.availableEffect, true) },
        { key: 'before', label: t('before'), value: money(balanceBefore(entry.balanceAfter, entry.effect)) },
        { key: 'after', label: t('after'), value: money(entry.balanceAfter) },
        ...(entry.counterparty
          ? [
              {
                key: 'with',
                label: t('counterparty'),
                value: <span dir="auto">{said(entry.counterparty.name ?? entry.counterparty.kind)}</span>,
              },
            ]
          : []),
        ...(story
          ? [
              {
                key: 'job',
                label: t('job'),
                value: (
                  <span className="bh-row">
                    <ShortId id={story.jobId} />
                    <StatusTag tone={story.state === 'settled' ? 'ok' : 'run'}>{said(story.stateText)}</StatusTag>
                    {story.own && service === 'site' && (
                      <Link to={'/jobs/$jobId' as string} params={{ jobId: story.jobId } as never}>
                        {t('openJob')}
                      </Link>
                    )}
                  </span>
                ),
              },
              {
                key: 'program',
                label: t('program'),
                value: `${story.title ? said(story.title) : story.workload} ${story.version}`,
              },
              ...(story.nodeName === undefined
                ? []
                : [{ key: 'node', label: t('node'), value: <span dir="auto">{story.nodeName}</span> }]),
            ]
          : []),
        ...(story || entry.reference === undefined
          ? []
          : [{ key: 'reference', label: t('reference'), value: <span className="bh-mono">{entry.reference}</span> }]),
        { key: 'transfer', label: t('transfer'), value: <span className="bh-mono">{entry.id}</span> },
        { key: 'account', label: t('account'), value: `${entry.account.kind} · ${t('shard')} ${entry.account.shard}` },
      ]
    : []
  return (
    <Drawer
      open={entry !== undefined}
      onClose={onClose}
      title={entry ? said(entry.title) : t('explainTitle')}
      size={480}
      closable={{ 'aria-label': t('close') }}
    >
      {entry && (
        <div className="bh-stack">
          {entry.internal && (
            <p>{t('internal', { amount: formatMoney(entry.moved, entry.asset, locale, { exact: true }) })}</p>
          )}
          <Story entry={entry} />
          <Facts items={facts} />
        </div>
      )}
    </Drawer>
  )
}

/** What an entry did: to the books, or, where it only set aside or freed, to what can be spent. */
export function Effect({ entry }: { readonly entry: WalletEntry }) {
  const t = useTexts(walletTexts)
  const locale = useLocale()
  const { effect, availableEffect, asset, held, released, step } = entry
  const said = (amount: string) => formatMoney(amount, asset, locale, { exact: true })
  if (isZero(effect) && !isZero(availableEffect)) {
    return (
      <>
        <StatusTag tone="off" waiting={step === 'hold'}>
          {t(step === 'hold' ? 'setAside' : 'setFree', { amount: said(availableEffect.replace('-', '')) })}
        </StatusTag>
        <div className="bh-small">{t('booksSame')}</div>
      </>
    )
  }
  return (
    <>
      <Money amount={effect} asset={asset} exact sign />
      {held !== undefined && released !== undefined && (
        <div className="bh-small">{t('ofHeld', { held: said(held), released: said(released) })}</div>
      )}
    </>
  )
}

import type { WalletEntry } from '@bithive/api/patient'
import { Money } from '../shared/money.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { patientTexts } from './texts.ts'

const signed = ({ direction, amount }: WalletEntry) => (direction === 'out' ? `-${amount}` : amount)

/** Entries of the ledger, one under the other, each in the ledger's own words. */
export function EntryList({ entries, hidden }: { readonly entries: readonly WalletEntry[]; readonly hidden: boolean }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  if (entries.length === 0) return <p>{t('noEntries')}</p>
  return (
    <ul className="p-list">
      {entries.map((entry) => (
        <li key={`${entry.id} ${entry.step} ${entry.direction}`} className="p-row">
          <div>
            <div>{entry.text?.[locale] ?? t(entry.direction === 'in' ? 'entryIn' : 'entryOut')}</div>
            <div className="m-small">
              <Time at={entry.at} />
            </div>
          </div>
          <div>
            <strong>{hidden ? t('hidden') : <Money amount={signed(entry)} asset={entry.asset} sign />}</strong>
            <div className="m-small">{t(`step_${entry.step}`)}</div>
          </div>
        </li>
      ))}
    </ul>
  )
}

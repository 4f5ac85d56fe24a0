import { formatExactTime, formatRelative, formatTime, NONE } from './format.ts'
import { useLocale } from './texts.ts'
import { useNow } from './use-now.ts'

/** When something was, in the reader's zone; `relative` is for live states and deadlines only. */
export function Time({ at, relative }: { readonly at: number | undefined; readonly relative?: boolean }) {
  const locale = useLocale()
  const present = useNow(relative ? 1_000 : 60_000)
  if (at === undefined || !Number.isFinite(at)) return <span>{NONE}</span>
  return (
    <time dateTime={new Date(at).toISOString()} title={formatExactTime(at)} className="bh-time">
      {relative ? formatRelative(at, locale, present) : formatTime(at, locale, present)}
    </time>
  )
}

import type { NodeDay, NodeOverview } from '@bithive/api/nodes'
import { formatDuration, formatMoney, formatPercent } from '../shared/format.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { useNarrow } from '../shared/use-media.ts'
import { nodeTexts } from './texts.ts'

/** A narrow drawing is not a wide one made small: its letters stay as large. */
const WIDTHS = { wide: 720, narrow: 340 } as const
const HEIGHT = 190
const LEFT = 46
const RIGHT = 40
const TOP = 10
const BOTTOM = 24

const amountOf = (day: NodeDay, asset: string) => Number(day.earned.find((one) => one.asset === asset)?.amount ?? 0)
const shareOf = (day: NodeDay) => (day.onlineMs > 0 ? Math.min(1, day.busyMs / day.onlineMs) : undefined)

/** A round figure at or above the greatest value, so that the axis is easy to read. */
function roundUp(value: number): number {
  if (value <= 0) return 1
  const size = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 2.5, 5, 10].map((step) => step * size).find((step) => step >= value) ?? value
}

const plain = (value: number) => String(Number(value.toPrecision(3)))

function Bars(props: { readonly days: readonly NodeDay[]; readonly asset: string; readonly width: number }) {
  const { days, asset, width } = props
  const most = roundUp(Math.max(0, ...days.map((day) => amountOf(day, asset))))
  const step = (width - LEFT - RIGHT) / days.length
  const height = HEIGHT - TOP - BOTTOM
  const y = (share: number) => TOP + height * (1 - share)
  const points = days.flatMap((day, index) => {
    const share = shareOf(day)
    return share === undefined ? [] : [{ day: day.day, x: LEFT + step * (index + 0.5), y: y(share) }]
  })
  return (
    <>
      {[0, 0.5, 1].map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={width - RIGHT} y1={y(share)} y2={y(share)} stroke="var(--line)" />
          <text x={LEFT - 6} y={y(share) + 4} textAnchor="end">
            {plain(most * share)}
          </text>
          <text x={width - RIGHT + 6} y={y(share) + 4}>
            {formatPercent(share)}
          </text>
        </g>
      ))}
      {days.map((day, index) => {
        const share = amountOf(day, asset) / most
        return (
          <rect
            key={day.day}
            x={LEFT + step * index + step * 0.15}
            width={step * 0.7}
            y={y(share)}
            height={height * share}
            fill="var(--chart-1)"
          />
        )
      })}
      <polyline
        points={points.map((point) => `${point.x},${point.y}`).join(' ')}
        fill="none"
        stroke="var(--chart-5)"
        strokeWidth="2"
        strokeDasharray="5 4"
      />
      {points.map((point) => (
        <circle key={point.day} cx={point.x} cy={point.y} r="3" fill="var(--chart-5)" />
      ))}
      {days.map((day, index) =>
        index % 7 === (days.length - 1) % 7 ? (
          <text key={day.day} x={LEFT + step * (index + 0.5)} y={HEIGHT - 8} textAnchor="middle">
            {day.day.slice(5)}
          </text>
        ) : null,
      )}
    </>
  )
}

/** Earnings as bars and utilisation as a dashed line over 30 days, with a sentence for it and a table behind it. */
export function DayChart({ overview }: { readonly overview: NodeOverview }) {
  const t = useTexts(nodeTexts)
  const locale = useLocale()
  const width = WIDTHS[useNarrow() ? 'narrow' : 'wide']
  const { days, earned30Days, utilisationBps } = overview
  const asset = earned30Days[0]?.asset ?? 'BTT'
  const best = days.reduce<NodeDay | undefined>(
    (most, day) => (amountOf(day, asset) > (most ? amountOf(most, asset) : 0) ? day : most),
    undefined,
  )
  const utilisation = utilisationBps === undefined ? t('notMeasured') : formatPercent(utilisationBps / 10_000, 1)
  const earned = earned30Days.map((one) => formatMoney(one.amount, one.asset, locale)).join(' + ')
  const sentence = best ? t('chartSays', { earned, best: best.day, utilisation }) : t('chartNothing')
  return (
    <>
      <div className="bh-legend bh-small" aria-hidden="true">
        <span>
          <i /> {t('earned')} {asset}
        </span>
        <span>
          <i className="bh-legend-line" /> {t('share')}
        </span>
      </div>
      <svg className="bh-chart" viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={sentence}>
        <Bars days={days} asset={asset} width={width} />
      </svg>
      <p className="bh-small">{sentence}</p>
      <details className="bh-data">
        <summary>{t('data')}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
        <section aria-label={t('chart')} tabIndex={0}>
          <table>
            <thead>
              <tr>
                {(['day', 'earned', 'paidJobs', 'online', 'busy', 'share'] as const).map((key) => (
                  <th key={key} scope="col">
                    {t(key)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {days.toReversed().map((day) => {
                const share = shareOf(day)
                return (
                  <tr key={day.day}>
                    <td>{day.day}</td>
                    <td>
                      {day.earned
                        .map((one) => formatMoney(one.amount, one.asset, locale, { exact: true }))
                        .join(' + ') || '0'}
                    </td>
                    <td>{day.paidJobs}</td>
                    <td>{formatDuration(day.onlineMs, locale)}</td>
                    <td>{formatDuration(day.busyMs, locale)}</td>
                    <td>{share === undefined ? '—' : formatPercent(share, 1)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      </details>
    </>
  )
}

import { type StatusTexts, statusTexts } from './texts.ts'

/** What anyone on this machine may see: counts and states, never an organisation, a person or a study. */
export type HubStatus = {
  readonly version: string
  readonly profile: string
  readonly sample: boolean
  readonly database: boolean
  /** True while the running check finds debits equal to credits in every asset. */
  readonly ledgerBalanced: boolean
  readonly jobs: Readonly<Record<string, number>>
  readonly nodesOnline: number
  readonly nodesKnown: number
  readonly dicomPort: number | undefined
  readonly at: number
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

const STYLE = `
:root{color-scheme:light dark;--page:#f5f7f8;--surface:#fff;--ink:#14252d;--ink2:#47606b;--line:#d5dde1;
  --primary:#0f5b73;--ok:#1d6b3f;--bad:#a3262a}
@media (prefers-color-scheme:dark){:root{--page:#0f171b;--surface:#172127;--ink:#e6eef1;--ink2:#a9bcc5;
  --line:#2b3a42;--primary:#7cc4dc;--ok:#7fd3a1;--bad:#ff9a97}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font-variant-numeric:tabular-nums;
  font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:44rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.5rem;margin:0 0 .25rem}
p{color:var(--ink2);margin:.25rem 0 1rem}
.mark{display:inline-block;padding:.1rem .6rem;border:1px solid var(--line);border-radius:.5rem;color:var(--ink2)}
dl{background:var(--surface);border:1px solid var(--line);border-radius:.5rem;margin:1rem 0;padding:.25rem 1rem}
dl div{display:flex;justify-content:space-between;gap:1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
dl div:last-child{border:0}
dt{color:var(--ink2)}
dd{margin:0;text-align:right;font-weight:600}
.ok{color:var(--ok)}
.bad{color:var(--bad)}
a{color:var(--primary)}`

function row(label: string, value: string, state?: 'ok' | 'bad'): string {
  const mark = state === 'ok' ? '✓ ' : state === 'bad' ? '✕ ' : ''
  const tone = state ? ` class="${state}"` : ''
  return `<div><dt>${escapeHtml(label)}</dt><dd${tone}>${mark}${escapeHtml(value)}</dd></div>`
}

function jobRows(status: HubStatus, texts: StatusTexts): string {
  const states = Object.entries(status.jobs).filter(([, count]) => count > 0)
  if (states.length === 0) return row(texts.jobs, texts.noJobs)
  return states
    .map(([state, count]) => row(`${texts.jobs} · ${texts.jobStates[state] ?? state}`, String(count)))
    .join('')
}

/** The plain page at `/`: it works without scripts and reads itself again every ten seconds. */
export function renderStatusPage(status: HubStatus, locale: 'zh' | 'en'): string {
  const texts = statusTexts[locale]
  const other = locale === 'zh' ? { lang: 'en', name: 'English' } : { lang: 'zh', name: '中文' }
  const sound = (good: boolean) => (good ? 'ok' : 'bad')
  return `<!doctype html>
<html lang="${locale === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="10"><title>BitHive</title><style>${STYLE}</style></head><body><main>
<h1>BitHive</h1><p>${escapeHtml(texts.about)} <a href="/?lang=${other.lang}" lang="${other.lang}">${other.name}</a></p>
${status.sample ? `<p><span class="mark">${escapeHtml(texts.sampleMark)}</span></p>` : ''}
<dl>${[
    row(texts.database, status.database ? texts.works : texts.down, sound(status.database)),
    row(texts.trialBalance, status.ledgerBalanced ? texts.balanced : texts.unbalanced, sound(status.ledgerBalanced)),
    row(texts.nodes, texts.nodesOf(status.nodesOnline, status.nodesKnown)),
    jobRows(status, texts),
    status.dicomPort === undefined ? '' : row(texts.dicomPort, String(status.dicomPort)),
    row(texts.profile, status.profile),
    row(texts.version, status.version),
  ].join('')}</dl>
<p>${escapeHtml(texts.notForDiagnosis)}</p><p>${escapeHtml(texts.readAt)} ${new Date(status.at).toISOString()}</p>
</main></body></html>
`
}

import type { Locale } from '@bithive/kernel/errors'

const TEXTS = {
  zh: {
    lang: 'zh-CN',
    title: 'BitHive 正在启动',
    said: '数据库和服务正在启动，第一次还要生成页面，通常需要几秒到半分钟。',
    again: '本页每 2 秒自动刷新。',
    status: '查看状态页',
  },
  en: {
    lang: 'en',
    title: 'BitHive is starting',
    said: 'The database and the services are starting. The first time the pages are built as well. This takes seconds up to half a minute.',
    again: 'This page reloads itself every 2 seconds.',
    status: 'See the status page',
  },
} as const

const FAILED = {
  zh: {
    title: '网页没有生成',
    said: '服务正在运行，命令行和接口可以使用，但网页生成失败了。原因在启动 BitHive 的窗口里。',
    again: '修好后请重新启动。',
  },
  en: {
    title: 'The pages were not built',
    said: 'The services run, and the command and the interfaces work, but building the pages failed. The window in which BitHive was started says why.',
    again: 'Mend it, then start again.',
  },
} as const

const PROGRAMS_ONLY = {
  zh: {
    title: '这里没有网页',
    said: '这个 BitHive 只运行一次流程（--once），不给人提供网页。',
    again: '要打开网页，请不带 --once 启动。',
  },
  en: {
    title: 'There are no pages here',
    said: 'This BitHive runs the loop once (--once) and serves no people.',
    again: 'Start it without --once to open its pages.',
  },
} as const

export type Waiting = 'starting' | 'failed' | 'programs-only'

/** A page without scripts for a house that has none to show yet; while it starts it reloads itself. */
export function renderStartingPage(state: Waiting, locale: Locale): string {
  const { lang, status } = TEXTS[locale]
  const texts = { starting: TEXTS, failed: FAILED, 'programs-only': PROGRAMS_ONLY }[state][locale]
  const refresh = state === 'starting' ? '<meta http-equiv="refresh" content="2">' : ''
  return `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">${refresh}<title>${texts.title}</title>
<style>body{margin:0;padding:15vh 16px;font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:34rem;margin:0 auto}h1{font-size:1.5rem}</style></head>
<body><main><h1>${texts.title}</h1><p>${texts.said}</p><p>${texts.again}</p>
<p><a style="color:inherit" href="/status">${status}</a></p></main></body></html>`
}

import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { checkAddress } from './command/call-service.ts'
import type { Command, CommandContext, Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { type Connection, readConnections, writeConnections } from './command/service-client.ts'
import { signInTo, whoAmI } from './command/sign-in.ts'

/** Reads one line from standard input; on a terminal what is typed is not shown. */
async function readPassword(context: CommandContext): Promise<string> {
  if (process.stdin.isTTY) context.say(context.locale === 'zh' ? '密码：' : 'Password:')
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY === true })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}

async function connect(context: CommandContext, service: 'hub' | 'site', url: string): Promise<Connection> {
  const { values } = context
  if (typeof values['token-file'] === 'string') {
    const text = await readFile(values['token-file'], 'utf8').catch((error) => {
      throw commandErrors.error('no-file', { option: '--token-file' }, error)
    })
    if (text.trim().length < 16) throw commandErrors.error('usage', { option: '--token-file' })
    return { url, token: text.trim() }
  }
  if (typeof values.user !== 'string') throw commandErrors.error('usage', { option: '--user' })
  return signInTo(service, url, { login: values.user, password: await readPassword(context) })
}

const signIn: Command = {
  usage: '--hub URL | --site URL  --user NAME | --token-file FILE',
  about: {
    zh: '登录枢纽或站点，供之后的命令使用（密码从标准输入读取）',
    en: 'Sign in for later commands (password from standard input)',
  },
  options: {
    hub: { type: 'string' },
    site: { type: 'string' },
    user: { type: 'string' },
    'token-file': { type: 'string' },
  },
  run: async (context) => {
    const { values, env } = context
    const service = typeof values.hub === 'string' ? 'hub' : 'site'
    const url = values[service]
    const isOne = (values.hub === undefined) !== (values.site === undefined)
    if (typeof url !== 'string' || !isOne) throw commandErrors.error('usage', { option: '--hub, --site' })
    checkAddress(url)
    const connection = await connect(context, service, url)
    const me = await whoAmI(service, connection)
    const directory = dataDirectoryOf(env)
    await writeConnections(directory, { ...(await readConnections(directory)), [service]: connection })
    const name = service === 'hub' ? { zh: '枢纽', en: 'hub' } : { zh: '站点', en: 'site' }
    return {
      data: { service, url, me: me as object },
      text: (locale) => (locale === 'zh' ? `已登录${name.zh} ${url}` : `Signed in to the ${name.en} at ${url}`),
    }
  },
}

export const login: Noun = { about: signIn.about, verbs: { '': signIn } }

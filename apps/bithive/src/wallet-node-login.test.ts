import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { writeConnections } from './command/service-client.ts'
import { type Reply, startService, temporaryHouse, tryCommand } from './testing/try-command.ts'

const TOKEN = 'svc_0123456789abcdef0123456789'
const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const act of undo.splice(0)) await act()
})

/** A data folder that is signed in to one service, which plays the hub and the site. */
async function signedIn(replies: Readonly<Record<string, Reply>>) {
  const { directory, remove } = temporaryHouse()
  const service = await startService(replies)
  undo.push(remove, service.stop)
  const connection = { url: service.url, token: TOKEN }
  await writeConnections(directory, { hub: connection, site: connection })
  const env = { BITHIVE_DATA_DIR: directory }
  return { ...service, directory, run: (line: string, more = {}) => tryCommand(line, { ...env, ...more }) }
}

const text = (zh: string, en: string) => ({ zh, en })

describe('the wallet', () => {
  const parts = { posted: '10.000000', available: '8.500000', held: '1.500000', incoming: '0.000000' }
  const entry = {
    ...{
      id: 't',
      at: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      asset: 'BTT',
      direction: 'out',
      step: 'post',
      code: 'capture',
    },
    ...{
      title: text('任务付款', 'Paid for a job'),
      effect: '-1.800000',
      availableEffect: '0.200000',
      moved: '1.800000',
    },
    ...{ held: '2.000000', released: '0.200000', balanceAfter: '8.200000', internal: false, reference: 'job_1' },
    account: { kind: 'holder', shard: 0 },
    counterparty: { kind: text('一家医院', 'A hospital') },
  }
  const release = {
    ...{ ...entry, id: 'r', step: 'void', code: 'release', title: text('解除冻结', 'Hold released') },
    ...{ effect: '0.000000', availableEffect: '2.000000', moved: '0.000000', released: '2.000000' },
  }

  test('shows money to the right, and passes on where to go on', async () => {
    const { run, asked } = await signedIn({
      'GET /hub/v1/wallet/balances': { body: { at: 1, balances: [{ asset: 'BTT', ...parts, accounts: [] }] } },
      'GET /hub/v1/wallet/entries': { body: { entries: [entry, release], next: 'c2', codes: [] } },
    })
    expect((await run('wallet balance')).out.split('\n')[2]).toBe('BTT     8.500000  1.500000  0.000000  10.000000')
    const { out } = await run('wallet history --after c1 --limit 7 --direction out --from 2026-01-01')
    expect(out).toContain('2026-01-02 03:04:05 Z    −1.800000  8.200000  BTT    Paid for a job  A hospital')
    // What a released hold did not move is not shown as a negative nothing.
    expect(out).toContain('(+2.000000)  8.200000  BTT    Hold released')
    expect(out).not.toMatch(/[−-]0\.0+ /)
    expect(asked.at(-1)?.path).toBe('/hub/v1/wallet/entries?direction=out&after=c1&from=1767225600000&limit=7')
    expect(JSON.parse((await run('wallet history --json')).out)).toMatchObject({
      next: 'c2',
      entries: [{ id: 't' }, { id: 'r' }],
    })
    expect((await run('wallet history --from yesterday')).exit).toBe(2)
  })

  test('prints the statement of a month with what it begins and ends with', async () => {
    const totals = { in: '0.000000', out: '1.800000', byCode: [] }
    const made = {
      ...{ organisation: { orgId: 'org_1', sample: true }, asset: 'BTT', month: '2026-01', zone: 'Asia/Shanghai' },
      ...{ from: 1, until: 2, madeAt: 3, opening: '10.000000', entries: [release, entry], totals, closing: '8.200000' },
    }
    const { run, asked } = await signedIn({
      'GET /hub/v1/wallet/balances': { body: { at: 1, balances: [{ asset: 'BTT', ...parts, accounts: [] }] } },
      'GET /hub/v1/wallet/statement': { body: made },
    })
    const { out } = await run('wallet statement --month 2026-01 --zone Asia/Shanghai')
    expect(out.split('\n')[0]).toBe('opening balance: 10.000000 BTT')
    expect(out).toContain('closing balance: 8.200000 BTT')
    expect(asked.at(-1)?.path).toBe('/hub/v1/wallet/statement?asset=BTT&month=2026-01&zone=Asia%2FShanghai')
    expect(JSON.parse((await run('wallet statement --month 2026-01 --json')).out)).toMatchObject(made)
    expect((await run('wallet statement --month January')).exit).toBe(2)
  })
})

describe('a node', () => {
  test('token is asked for with what the node will be, and a wrong kind is not sent', async () => {
    const token = { tokenId: 'jtok_0', token: 'tok_0123456789', expiresAt: 1 }
    const { run, asked, url } = await signedIn({ 'POST /hub/v1/nodes/tokens': { status: 201, body: token } })
    const { exit, out } = await run('node token --kind home --region chengdu --jurisdiction CN')
    expect([exit, out]).toEqual([0, `bithive node join ${url} --token tok_0123456789\n`])
    expect(asked[0]?.body).toMatchObject({ ownerKind: 'home', region: 'chengdu', jurisdiction: 'CN', trusted: false })
    expect((await run('node token --kind castle --region chengdu --jurisdiction CN')).exit).toBe(2)
    expect(asked).toHaveLength(1)
  })

  test('does not join with odd options, nor a hub that is not encrypted', async () => {
    const { directory, remove } = temporaryHouse()
    undo.push(remove)
    const env = { BITHIVE_DATA_DIR: directory }
    const wrong = ['--slots 0', '--slots many', '--sandbox none']
    for (const more of wrong) expect((await tryCommand(`node join http://127.0.0.1:1 ${more}`, env)).exit).toBe(2)
    const { exit, err } = await tryCommand('node join http://hub.example --token t', env)
    expect([exit, err.includes('node.hub-not-secure')]).toEqual([1, true])
  })

  test('that drains is named; an id cannot leave its place in the path', async () => {
    const { run, asked } = await signedIn({
      'GET /hub/v1/nodes': { body: { nodes: [] } },
      'POST /hub/v1/nodes/node_1/drain': { body: { state: 'draining' } },
    })
    expect((await run('node drain node_1')).out).toBe('node_1 takes no new work\n')
    expect(asked.at(-1)?.body).toEqual({ draining: true })
    await run('node drain ../../organisations')
    expect(asked.at(-1)?.path).toBe('/hub/v1/nodes/..%2F..%2Forganisations/drain')
  })
})

describe('login', () => {
  const me = { 'GET /hub/v1/me': { body: { id: 'svc_1' } }, 'GET /site/v1/me': { body: { id: 'per_1' } } }

  async function unsigned(replies: Readonly<Record<string, Reply>>) {
    const { directory, remove } = temporaryHouse()
    const service = await startService(replies)
    undo.push(remove, service.stop)
    const file = join(directory, 'token')
    writeFileSync(file, `${TOKEN}\n`)
    const kept = () => JSON.parse(readFileSync(join(directory, 'command', 'connections.json'), 'utf8'))
    return {
      ...service,
      file,
      kept,
      run: (line: string) => tryCommand(line, { BITHIVE_DATA_DIR: directory }),
      directory,
    }
  }

  test('by a token file keeps the token, prints it nowhere, and keeps the other service', async () => {
    const { run, url, file, kept, directory } = await unsigned(me)
    const first = await run(`login --hub ${url} --token-file ${file}`)
    expect(first).toEqual({ exit: 0, out: `Signed in to the hub at ${url}\n`, err: '' })
    const second = await run(`login --site ${url} --token-file ${file} --json`)
    expect(JSON.parse(second.out)).toEqual({ schema: 'bithive.login.v1', service: 'site', url, me: { id: 'per_1' } })
    expect(second.out).not.toContain(TOKEN)
    expect(kept()).toEqual({ hub: { url, token: TOKEN }, site: { url, token: TOKEN } })
    expect(statSync(join(directory, 'command', 'connections.json')).mode & 0o777).toBe(0o600)
  })

  test('with a token that the service refuses keeps nothing', async () => {
    const refused = { title: 'Not signed in', status: 401, detail: '', code: 'http.not-signed-in', retryable: false }
    const words = { title: 'Not signed in', notDone: 'No.', todo: 'Sign in.' }
    const body = { type: '/problems/http.not-signed-in', ...refused, facts: {}, text: { zh: words, en: words } }
    const { run, url, file, kept } = await unsigned({ 'GET /hub/v1/me': { status: 401, body } })
    expect((await run(`login --hub ${url} --token-file ${file}`)).exit).toBe(3)
    expect(kept).toThrow(/ENOENT/)
  })

  test.each([
    ['without an address', 'login --user x', 2],
    ['to both at once', 'login --hub URL --site URL --user x', 2],
    ['to something that is no address', 'login --hub hub --token-file FILE', 2],
    ['to an address that is not encrypted', 'login --hub http://hub.example --token-file FILE', 1],
    ['without a user or a token', 'login --hub URL', 2],
    ['with a token file that is not there', 'login --hub URL --token-file /nowhere/token', 4],
    ['with a token that is too short', 'login --hub URL --token-file SHORT', 2],
  ])('%s does nothing', async (_claim, line, exit) => {
    const { run, url, file, asked, directory } = await unsigned(me)
    writeFileSync(join(directory, 'short'), 'abc')
    const real = line.replaceAll('URL', url).replace('FILE', file).replace('SHORT', join(directory, 'short'))
    expect((await run(real)).exit).toBe(exit)
    expect(asked).toEqual([])
  })
})

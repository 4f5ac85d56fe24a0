import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createManualClock } from '@bithive/kernel/clock'
import { afterEach, describe, expect, test } from 'vitest'
import { writeConnections } from './command/service-client.ts'
import type { Check } from './doctor/check.ts'
import { checkDataFolder, checkNodeVersion, judgeDisk } from './doctor/check-machine.ts'
import { checkService } from './doctor/check-service.ts'
import { freePort, type Reply, startService, temporaryHouse, tryCommand } from './testing/try-command.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const act of undo.splice(0)) await act()
})
function house() {
  const { directory, remove } = temporaryHouse()
  undo.push(remove)
  return directory
}

const verdicts = (checks: readonly Check[]) => Object.fromEntries(checks.map(({ key, verdict }) => [key, verdict]))
const clock = createManualClock(Date.parse('2026-01-02T03:04:05Z'))
const HEALTHY = { state: 'ok', database: true, ledgerBalanced: true, version: '1' }

async function examine(replies: Readonly<Record<string, Reply>>, connected = false) {
  const { url, port, stop } = await startService(replies)
  undo.push(stop)
  const dataDirectory = house()
  const connection = { url, token: 'svc_0123456789abcdef' }
  if (connected) await writeConnections(dataDirectory, { hub: connection, site: connection })
  return checkService({ dataDirectory, port, clock })
}
const health = (body: object, status = 200, date = 'Fri, 02 Jan 2026 03:04:05 GMT'): Reply => ({
  status,
  body,
  headers: { date },
})

describe('the machine', () => {
  test.each([
    ['24.0.0', 'ok'],
    ['25.1.0', 'ok'],
    ['22.19.0', 'fail'],
    ['9.0.0', 'fail'],
  ])('with Node %s is %s', (version, verdict) => {
    expect(checkNodeVersion(version)).toMatchObject({ verdict, found: version })
  })

  test.each([
    [1.9, 'fail', '1.9 GiB'],
    [2, 'warn', '2.0 GiB'],
    [9.9, 'warn', '9.9 GiB'],
    [10, 'ok', '10.0 GiB'],
  ])('with %f GiB free is %s', (gib, verdict, found) => {
    expect(judgeDisk(gib * 2 ** 30)).toMatchObject({ verdict, found })
  })

  test('whose data folder is not there yet is well, and examining does not make it', async () => {
    const directory = join(house(), 'not', 'yet')
    expect(await checkDataFolder(directory)).toMatchObject({ verdict: 'ok', found: 'absent' })
    expect(existsSync(join(directory, '..'))).toBe(false)
  })

  test.skipIf(process.platform === 'win32')('whose data folder others may read or change is warned', async () => {
    for (const [mode, verdict] of [
      [0o700, 'ok'],
      [0o711, 'ok'],
      [0o750, 'warn'],
      [0o704, 'warn'],
      [0o722, 'warn'],
    ] as const) {
      const directory = join(house(), 'data')
      mkdirSync(directory)
      chmodSync(directory, mode)
      expect(await checkDataFolder(directory)).toMatchObject({ verdict })
    }
  })

  test('whose data folder is a file fails with the system’s code', async () => {
    const directory = join(house(), 'data')
    writeFileSync(directory, '')
    for (const path of [directory, join(directory, 'deeper')]) {
      expect(await checkDataFolder(path)).toMatchObject({ verdict: 'fail', found: 'ENOTDIR' })
    }
  })
})

describe('the service', () => {
  test('that is well is well in every line', async () => {
    const checks = await examine({ 'GET /healthz': health(HEALTHY), 'GET /hub/v1/me': {}, 'GET /site/v1/me': {} }, true)
    expect(verdicts(checks)).toEqual({
      ...{ service: 'ok', database: 'ok', ledger: 'ok', clock: 'ok', 'sign-in-hub': 'ok', 'sign-in-site': 'ok' },
    })
  })

  test('that nobody runs is no failure', async () => {
    const checks = await checkService({ dataDirectory: house(), port: await freePort(), clock })
    expect(verdicts(checks)).toEqual({ service: 'warn' })
  })

  test.each([
    ['says nothing of ours', { body: 'hello' }],
    ['sends elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ])('whose port is held by a program that %s fails', async (_claim, reply) => {
    const checks = await examine({ 'GET /healthz': reply })
    expect(verdicts(checks)).toEqual({ service: 'fail' })
    expect(checks[0]?.shown?.en).toContain('another program')
  })

  test('that starts is warned, and nothing is said of books that were not read', async () => {
    const starting = { state: 'starting', database: false, ledgerBalanced: false }
    expect(verdicts(await examine({ 'GET /healthz': health(starting, 503) }))).toEqual({ service: 'warn', clock: 'ok' })
  })

  test('whose database is gone fails by that, not by its books', async () => {
    const down = { state: 'unsound', database: false, ledgerBalanced: false }
    const checks = await examine({ 'GET /healthz': health(down, 503) })
    expect(verdicts(checks)).toEqual({ service: 'ok', database: 'fail', clock: 'ok' })
  })

  test('whose books differ fails, and says that payouts have stopped', async () => {
    const unsound = { state: 'unsound', database: true, ledgerBalanced: false }
    const checks = await examine({ 'GET /healthz': health(unsound, 503) })
    expect(verdicts(checks)).toEqual({ service: 'ok', database: 'ok', ledger: 'fail', clock: 'ok' })
    expect(checks.find(({ key }) => key === 'ledger')?.cure?.zh).toContain('付款已自动停止')
  })

  test.each([
    ['Fri, 02 Jan 2026 03:04:34 GMT', 'ok', '29 s'],
    ['Fri, 02 Jan 2026 03:04:36 GMT', 'fail', '31 s'],
    ['Fri, 02 Jan 2026 02:04:05 GMT', 'fail', '3600 s'],
    ['whenever', 'warn', 'unknown'],
  ])('whose clock says %s is %s', async (date, verdict, found) => {
    const checks = await examine({ 'GET /healthz': health(HEALTHY, 200, date) })
    expect(checks.find(({ key }) => key === 'clock')).toMatchObject({ verdict, found })
  })

  test('that no longer knows the sign-in is warned', async () => {
    const checks = await examine({ 'GET /healthz': health(HEALTHY), 'GET /site/v1/me': {} }, true)
    expect(verdicts(checks)).toMatchObject({ 'sign-in-hub': 'warn', 'sign-in-site': 'ok' })
    expect(JSON.stringify(checks)).not.toContain('svc_0123456789abcdef')
  })
})

describe('bithive doctor', () => {
  test('runs on this machine and gives one document', async () => {
    const env = { BITHIVE_DATA_DIR: house(), BITHIVE_PORT: String(await freePort()) }
    const { exit, out } = await tryCommand('doctor --json', env)
    const document = JSON.parse(out)
    expect(document.schema).toBe('bithive.doctor.v1')
    expect(document.checks.map(({ key }: Check) => key)).toEqual([
      ...['node-version', 'data-folder', 'disk', 'sandbox', 'onnx', 'service'],
    ])
    expect(exit).toBe(document.ok ? 0 : 1)
    expect(document.ok).toBe(document.checks.every(({ verdict }: Check) => verdict !== 'fail'))
  })

  test('ends with 1 when something fails, and tells the cure in both languages', async () => {
    const { port, stop } = await startService({ 'GET /healthz': { body: 'hello' } })
    undo.push(stop)
    const env = { BITHIVE_DATA_DIR: house(), BITHIVE_PORT: String(port) }
    const zh = await tryCommand('doctor --lang zh', env)
    expect(zh.exit).toBe(1)
    expect(zh.out).toMatch(/失败 {2}服务正在运行 .*上是别的程序 +请换一个端口/)
    const en = await tryCommand('doctor', env)
    expect(en.out).toMatch(/fail {5}The service runs .*another program at .*Choose another BITHIVE_PORT/)
    expect(zh.out + en.out).not.toMatch(/true|false|undefined|NaN/)
  })

  test('does not take a port that is none', async () => {
    expect((await tryCommand('doctor', { BITHIVE_DATA_DIR: house(), BITHIVE_PORT: 'http' })).exit).toBe(2)
  })
})

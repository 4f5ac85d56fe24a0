import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemRandomness } from '@bithive/kernel/randomness'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openScratch } from './scratch.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bithive-scratch-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))
const open = () => openScratch({ directory, randomness: systemRandomness })

test('a job gets a folder of its own that others cannot enter', async () => {
  const scratch = await open()
  const [one, two] = [await scratch.create(), await scratch.create()]
  expect(one).not.toBe(two)
  expect((await stat(one)).mode & 0o777).toBe(0o700)
  expect(await scratch.freeMb()).toBeGreaterThan(0)
})

test('a wipe overwrites the bytes before it removes the name, and proves that nothing is left', async () => {
  const scratch = await open()
  const folder = await scratch.create()
  const secret = Buffer.from('WANG^LEI '.repeat(200_000))
  await writeFile(join(folder, 'input.bundle'), secret)
  // A second name for the same bytes shows what the wipe wrote over them.
  await link(join(folder, 'input.bundle'), join(directory, 'witness'))
  expect(await scratch.wipe(folder)).toEqual({ files: 1, bytes: secret.length, left: [] })
  expect(await readdir(join(directory, 'scratch'))).toEqual([])
  const after = await readFile(join(directory, 'witness'))
  expect(after.length).toBe(secret.length)
  expect(after.includes('WANG')).toBe(false)
})

test('a wipe takes nested, read-only and empty files, and follows no link out of the folder', async () => {
  const scratch = await open()
  const folder = await scratch.create()
  await writeFile(join(directory, 'outside'), 'stays')
  await mkdir(join(folder, 'a', 'b'), { recursive: true })
  await writeFile(join(folder, 'a', 'b', 'locked'), 'x', { mode: 0o400 })
  await writeFile(join(folder, 'empty'), '')
  await symlink(join(directory, 'outside'), join(folder, 'link'))
  await symlink(directory, join(folder, 'a', 'up'))
  await chmod(join(folder, 'a', 'b'), 0o500)
  expect((await scratch.wipe(folder)).left).toEqual([])
  expect(await readFile(join(directory, 'outside'), 'utf8')).toBe('stays')
})

test('leftovers of an earlier agent go at the start', async () => {
  const first = await open()
  await writeFile(join(await first.create(), 'input.bundle'), 'left behind')
  await writeFile(join(await first.create(), 'result.json'), '{}')
  const second = await open()
  expect(await second.wipeLeftovers()).toMatchObject({ files: 2, left: [] })
  expect(await second.wipeLeftovers()).toEqual({ files: 0, bytes: 0, left: [] })
})

test('only a folder of the scratch is wiped', async () => {
  const scratch = await open()
  await expect(scratch.wipe(directory)).rejects.toThrow('only a folder of this scratch')
  await expect(scratch.wipe(join(directory, 'scratch', '..', 'x'))).rejects.toThrow('only a folder of this scratch')
})

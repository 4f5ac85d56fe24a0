import { chmod, lstat, mkdir, open, readdir, rmdir, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { invariant } from '@bithive/kernel/errors'
import type { Randomness } from '@bithive/kernel/randomness'

/** What a wipe did, and the proof: `left` names what is still below the folder, and is empty. */
export type Wiped = { readonly files: number; readonly bytes: number; readonly left: readonly string[] }

export type Scratch = {
  /** A fresh folder of mode 0700 for one job; its name says nothing about the job. */
  readonly create: () => Promise<string>
  /** Overwrites and removes one job's folder. @throws InvariantError when something is left. */
  readonly wipe: (folder: string) => Promise<Wiped>
  /** Wipes what an agent that was killed left behind. To be called before the first job only. */
  readonly wipeLeftovers: () => Promise<Wiped>
  readonly freeMb: () => Promise<number>
}

const BLOCK_BYTES = 1_048_576

async function overwrite(path: string, block: Uint8Array): Promise<number> {
  await chmod(path, 0o600)
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    for (let at = 0; at < size; at += block.length) {
      await file.write(block, 0, Math.min(block.length, size - at), at)
    }
    await file.sync()
    return size
  } finally {
    await file.close()
  }
}

async function namesBelow(path: string): Promise<string[]> {
  try {
    return await readdir(path, { recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/**
 * Overwrites every file with random bytes, syncs, then removes it. On a copying or flash file system the old blocks
 * may live on below the file system: an encrypted disk covers that, this does not.
 */
async function wipeTree(path: string, block: Uint8Array, done: { files: number; bytes: number }): Promise<void> {
  const stat = await lstat(path)
  if (stat.isDirectory()) {
    await chmod(path, 0o700)
    for (const name of await readdir(path)) await wipeTree(join(path, name), block, done)
    return rmdir(path)
  }
  if (stat.isFile()) {
    // A full or failing disk may refuse the overwrite; the file must still go.
    done.bytes += await overwrite(path, block).catch(() => 0)
  }
  done.files++
  await unlink(path)
}

/** Scratch below `<directory>/scratch`: the only place where a job's plain input and result are ever written. */
export async function openScratch(deps: { directory: string; randomness: Randomness }): Promise<Scratch> {
  const root = join(deps.directory, 'scratch')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await chmod(root, 0o700)

  const wipeNames = async (names: readonly string[]): Promise<Wiped> => {
    const done = { files: 0, bytes: 0 }
    const block = deps.randomness.bytes(BLOCK_BYTES)
    for (const name of names) await wipeTree(join(root, name), block, done)
    const left = (await Promise.all(names.map((name) => namesBelow(join(root, name))))).flat()
    const roots = (await readdir(root)).filter((name) => names.includes(name))
    invariant(left.length === 0 && roots.length === 0, 'a wiped scratch folder holds nothing')
    return { ...done, left }
  }

  return {
    create: async () => {
      const folder = join(root, Buffer.from(deps.randomness.bytes(12)).toString('hex'))
      await mkdir(folder, { mode: 0o700 })
      return folder
    },
    wipe: async (folder) => {
      const name = folder.slice(root.length + 1)
      invariant(folder.startsWith(`${root}/`) && !name.includes('/'), 'only a folder of this scratch is wiped')
      return wipeNames([name])
    },
    wipeLeftovers: async () => wipeNames(await readdir(root)),
    freeMb: async () => {
      const stat = await statfs(root)
      return Math.floor((stat.bavail * stat.bsize) / BLOCK_BYTES)
    },
  }
}

import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Jurisdiction, type NodeJoined, OwnerKind, PublicKey32, Region } from '@bithive/api/compute'
import { createSealKeys, createSignKeys, type KeyPair32 } from '@bithive/kernel/sealed-box'
import { z } from 'zod'
import { nodeErrors } from './errors.ts'

const Pair = z.strictObject({ publicKey: PublicKey32, privateKey: PublicKey32 })
const KeyFile = z.strictObject({ sign: Pair, seal: Pair })

/** `sign` is the Ed25519 pair that the hub knows the node by; to `seal`, X25519, sites encrypt their inputs. */
export type NodeKeys = { readonly sign: KeyPair32; readonly seal: KeyPair32 }

const NodeState = z.strictObject({
  nodeId: z.string(),
  orgId: z.string(),
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
})
export type NodeState = NodeJoined

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    throw nodeErrors.error('keys-unreadable')
  }
}

/** Written beside, synced, then renamed: a kill leaves the old file or the new one. */
async function writeJson(path: string, value: unknown): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(value)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.new`, path)
}

/** Makes the node's folder, mode 0700 whatever the umask. */
export async function openDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
}

/**
 * The node's keys from `<directory>/keys`, made at the first start with mode 0600.
 * @throws node.keys-exposed when others may read the file, node.keys-unreadable when it is damaged.
 */
export async function loadKeys(directory: string): Promise<NodeKeys> {
  const path = join(directory, 'keys')
  const known = await readJson(path, KeyFile)
  if (!known) {
    const keys: NodeKeys = { sign: createSignKeys(), seal: createSealKeys() }
    await writeJson(path, keys)
    return keys
  }
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw nodeErrors.error('keys-exposed', { mode: (mode & 0o777).toString(8) })
  }
  return known
}

/** What the hub answered when the node joined; undefined before. It holds no secret. */
export const loadState = (directory: string): Promise<NodeState | undefined> =>
  readJson(join(directory, 'node.json'), NodeState)

export const saveState = (directory: string, state: NodeState): Promise<void> =>
  writeJson(join(directory, 'node.json'), state)

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DicomDestination, DicomSender } from '@bithive/api/operations'
import { replaceWholeFile } from '@bithive/kernel/whole-file'
import { z } from 'zod'

/** What the operator chose in a browser. Settings of the environment stand beside it and are never overwritten. */
const Choices = z.strictObject({
  senders: z.array(DicomSender).default([]),
  destination: DicomDestination.optional(),
  backupFolder: z.string().optional(),
  finishedAt: z.int().optional(),
})
export type Choices = z.infer<typeof Choices>

export type KeptChoices = {
  readonly read: () => Promise<Choices>
  /** `undefined` takes a choice back. */
  readonly change: (part: { readonly [K in keyof Choices]?: Choices[K] | undefined }) => Promise<Choices>
}

/** Kept in one file below the data folder (0600), written whole or not at all. */
export function keepChoices(directory: string): KeptChoices {
  const path = join(directory, 'own', 'house.json')
  const read = async () => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}'
      throw error
    })
    return Choices.parse(JSON.parse(text))
  }
  // One change at a time: two that read the same file would each lose the other's part.
  let last: Promise<unknown> = Promise.resolve()
  const change: KeptChoices['change'] = (part) => {
    const next = last.then(async () => {
      const merged = Choices.parse(JSON.parse(JSON.stringify({ ...(await read()), ...part })))
      await mkdir(join(directory, 'own'), { recursive: true, mode: 0o700 })
      await replaceWholeFile(path, `${JSON.stringify(merged, null, 2)}\n`)
      return merged
    })
    last = next.catch(() => undefined)
    return next
  }
  return { read, change }
}

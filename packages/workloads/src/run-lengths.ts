/**
 * Run lengths of a row-major 0/1 mask, starting with background: [0s, 1s, 0s, ...]. A mask that starts with a
 * one has a first run of 0; the runs add up to the mask's length.
 */
export function encodeRuns(mask: Uint8Array): number[] {
  const runs: number[] = []
  let value = 0
  let length = 0
  for (const voxel of mask) {
    if (voxel === value) length++
    else {
      runs.push(length)
      value = voxel
      length = 1
    }
  }
  runs.push(length)
  return runs
}

/** The mask that `encodeRuns` was given; undefined when the runs do not add up to `length`. */
export function decodeRuns(runs: readonly number[], length: number): Uint8Array | undefined {
  const mask = new Uint8Array(length)
  let at = 0
  for (const [index, run] of runs.entries()) {
    if (!Number.isInteger(run) || run < 0 || at + run > length) return undefined
    if (index % 2 === 1) mask.fill(1, at, at + run)
    at += run
  }
  return at === length ? mask : undefined
}

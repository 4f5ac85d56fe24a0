const SIDE = 48

/**
 * The pinned piece of work that a node's speed is measured with: a smoothing of an invented volume of 48³ voxels, ten
 * times, in 32-bit floats, as the bundled workloads do it. Changing it changes every node's figure.
 * @returns a checksum of the outcome, the same on every machine.
 */
export function runReferenceKernel(): number {
  let from = new Float32Array(SIDE ** 3)
  let to = new Float32Array(SIDE ** 3)
  let state = 1
  for (let at = 0; at < from.length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    from[at] = state >>> 20
  }
  for (let pass = 0; pass < 10; pass++) {
    smooth(from, to)
    const spare = from
    from = to
    to = spare
  }
  let sum = 0
  for (const value of from) sum = (Math.imul(sum, 31) + Math.round(value)) | 0
  return sum
}

/** Mean of a voxel and its six neighbours; the outer layer stays. */
function smooth(from: Float32Array, to: Float32Array): void {
  to.set(from)
  const layer = SIDE * SIDE
  for (let z = 1; z < SIDE - 1; z++) {
    for (let y = 1; y < SIDE - 1; y++) {
      for (let x = 1; x < SIDE - 1; x++) {
        const at = z * layer + y * SIDE + x
        const sum =
          (from[at] as number) +
          (from[at - 1] as number) +
          (from[at + 1] as number) +
          (from[at - SIDE] as number) +
          (from[at + SIDE] as number) +
          (from[at - layer] as number) +
          (from[at + layer] as number)
        to[at] = sum / 7
      }
    }
  }
}

/** What `runReferenceKernel` must return. A processor or runtime that computes otherwise is not to be trusted. */
export const REFERENCE_CHECKSUM = -1_729_218_877

const BINS = 256

/**
 * Otsu's threshold (IEEE Transactions on Systems, Man and Cybernetics 9, 1979): the value that parts the samples
 * into two classes with the greatest variance between them, over 256 equal bins from the least to the greatest.
 * Samples at or above it are the bright class. Of equally good thresholds the middle one is taken. Returns
 * undefined when all samples are the same.
 */
export function otsuThreshold(samples: ArrayLike<number>): number | undefined {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  if (!(greatest > least)) return undefined
  const width = (greatest - least) / BINS
  const counts = new Float64Array(BINS)
  for (let i = 0; i < samples.length; i++) {
    const bin = Math.min(BINS - 1, Math.floor(((samples[i] as number) - least) / width))
    counts[bin] = (counts[bin] as number) + 1
  }
  return least + width * bestCut(counts)
}

/** The number of bins that go to the dark class. Bin numbers stand for values: the cut is the same. */
function bestCut(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const moment = counts.reduce((sum, count, bin) => sum + count * bin, 0)
  let dark = 0
  let darkMoment = 0
  let best = -1
  let first = 0
  let last = 0
  for (let cut = 1; cut < BINS; cut++) {
    dark += counts[cut - 1] as number
    darkMoment += (counts[cut - 1] as number) * (cut - 1)
    const bright = total - dark
    if (dark === 0 || bright === 0) continue
    const gap = darkMoment / dark - (moment - darkMoment) / bright
    const between = dark * bright * gap * gap
    if (between > best) {
      best = between
      first = cut
      last = cut
    } else if (between === best) {
      last = cut
    }
  }
  return (first + last) / 2
}

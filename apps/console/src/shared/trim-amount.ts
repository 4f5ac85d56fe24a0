/** An amount with every decimal that counts and at least two, so that one sum is written in one way on a page. */
export function trimAmount(amount: string, least = 2): string {
  const [whole = '0', decimals = ''] = amount.split('.')
  const kept = decimals.replace(/0+$/, '').padEnd(Math.min(least, decimals.length), '0')
  return kept === '' ? whole : `${whole}.${kept}`
}

/** The decimals that a column of amounts needs so that all of them are exact, and at least two. */
export const decimalsOf = (amounts: readonly string[]): number =>
  Math.max(2, ...amounts.map((amount) => trimAmount(amount).split('.')[1]?.length ?? 0))

/**
 * Units of an asset for one CNY, from the ledger's own figure: smallest units for one cent.
 * @param scale decimals of the asset
 */
export function unitsPerYuan(unitsPerCent: string, scale: number): string {
  if (!/^\d+$/.test(unitsPerCent)) return '—'
  const digits = (BigInt(unitsPerCent) * 100n).toString().padStart(scale + 1, '0')
  const at = digits.length - scale
  if (scale === 0) return digits
  return `${digits.slice(0, at)}.${digits.slice(at)}`.replace(/\.?0+$/, '')
}

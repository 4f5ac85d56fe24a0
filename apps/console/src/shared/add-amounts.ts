/** The exact sum of decimal strings, with as many decimals as the finest of them. Amounts are never floats. */
export function addAmounts(amounts: readonly string[]): string {
  const scale = Math.max(0, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0))
  const units = (amount: string) => {
    const [whole = '0', decimals = ''] = amount.replace('-', '').split('.')
    const value = BigInt(whole + decimals.padEnd(scale, '0'))
    return amount.startsWith('-') ? -value : value
  }
  const sum = amounts.reduce((total, amount) => total + units(amount), 0n)
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0')
  const at = digits.length - scale
  return `${sum < 0n ? '-' : ''}${digits.slice(0, at)}${scale === 0 ? '' : `.${digits.slice(at)}`}`
}

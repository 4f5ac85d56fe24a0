/**
 * A floor price as money: at least two decimals, and as many more (four at most) as it really has. What would look like
 * nothing keeps all it has.
 */
export function formatFloor(amount: string): string {
  const [whole = '0', fraction = ''] = amount.split('.')
  const trimmed = fraction.replace(/0+$/, '')
  const shown = trimmed.slice(0, 4)
  const hidden = /^0*$/.test(whole) && /^0*$/.test(shown) && trimmed !== ''
  return `¥${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${(hidden ? trimmed : shown).padEnd(2, '0')}`
}

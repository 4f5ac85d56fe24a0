/** Shape of a stack of images: row-major slices, one after another. */
export type Shape = { readonly columns: number; readonly rows: number; readonly slices: number }

export type Components = {
  /** For each voxel 0 (background) or the label of its component, counted from 1 in scan order. */
  readonly labels: Int32Array
  /** Voxels of each component; index 0 is unused. */
  readonly sizes: readonly number[]
}

/** Follows parents to the root and shortens the path on the way. */
function rootOf(parent: Int32Array, start: number): number {
  let node = start
  while (parent[node] !== node) {
    parent[node] = parent[parent[node] as number] as number
    node = parent[node] as number
  }
  return node
}

/**
 * Face-connected components (6 neighbours; 4 in a single slice) of the non-zero voxels of `mask`.
 * Two passes with union-find; labels follow the order in which components first appear, so the same mask
 * always gives the same labels.
 */
export function labelComponents(mask: Uint8Array, shape: Shape): Components {
  const { columns, rows, slices } = shape
  const plane = columns * rows
  const labels = new Int32Array(mask.length)
  const parent = new Int32Array((mask.length >> 1) + 2)
  let next = 1
  const join = (index: number, neighbour: number) => {
    const other = labels[neighbour] as number
    if (other === 0) return
    const a = rootOf(parent, other)
    const mine = labels[index] as number
    const b = mine === 0 ? a : rootOf(parent, mine)
    const low = Math.min(a, b)
    parent[Math.max(a, b)] = low
    labels[index] = low
  }
  for (let slice = 0, index = 0; slice < slices; slice++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, index++) {
        if (mask[index] === 0) continue
        if (column > 0) join(index, index - 1)
        if (row > 0) join(index, index - columns)
        if (slice > 0) join(index, index - plane)
        if (labels[index] !== 0) continue
        parent[next] = next
        labels[index] = next++
      }
    }
  }
  return renumber(labels, parent, next)
}

function renumber(labels: Int32Array, parent: Int32Array, next: number): Components {
  const final = new Int32Array(next)
  const sizes = [0]
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number
    if (label === 0) continue
    const root = rootOf(parent, label)
    if (final[root] === 0) {
      final[root] = sizes.length
      sizes.push(0)
    }
    const number = final[root] as number
    labels[index] = number
    sizes[number] = (sizes[number] as number) + 1
  }
  return { labels, sizes }
}

/** Labels from the largest component to the smallest; of equal ones the first in scan order comes first. */
export function bySize(components: Components): readonly number[] {
  const order = components.sizes.map((_, label) => label).slice(1)
  return order.sort((a, b) => (components.sizes[b] as number) - (components.sizes[a] as number) || a - b)
}

/**
 * Clears, slice by slice, every component that touches the border of its slice. Each slice is judged alone, so
 * that a structure which leaves the body on one slice only (an open airway) is not lost on all the others.
 */
export function clearBorderComponents(mask: Uint8Array, shape: Shape): Uint8Array {
  const { columns, rows, slices } = shape
  const plane = columns * rows
  const out = mask.slice()
  const stack: number[] = []
  for (let slice = 0; slice < slices; slice++) {
    const base = slice * plane
    const push = (index: number) => {
      if (out[index] === 0) return
      out[index] = 0
      stack.push(index)
    }
    for (let column = 0; column < columns; column++) {
      push(base + column)
      push(base + plane - columns + column)
    }
    for (let row = 0; row < rows; row++) {
      push(base + row * columns)
      push(base + row * columns + columns - 1)
    }
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      const offset = index - base
      const column = offset % columns
      if (column > 0) push(index - 1)
      if (column < columns - 1) push(index + 1)
      if (offset >= columns) push(index - columns)
      if (offset < plane - columns) push(index + columns)
    }
  }
  return out
}

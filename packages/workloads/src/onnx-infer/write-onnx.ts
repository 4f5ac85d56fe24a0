/** A protobuf field: number and value; strings and bytes are length-delimited, numbers varints. */
type Field = readonly [number: number, value: number | string | Uint8Array]

function varint(value: number): number[] {
  const out: number[] = []
  let rest = value
  while (rest > 127) {
    out.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  return [...out, rest]
}

/** Protocol-buffer message (wire types 0 and 2 only), fields in the order given. */
function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Uint8Array.from([...varint(number << 3), ...varint(value)])
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
    return Uint8Array.from([...varint((number << 3) | 2), ...varint(bytes.length), ...bytes])
  })
  return new Uint8Array(Buffer.concat(parts))
}

export type OnnxNode = {
  readonly op: string
  readonly inputs: readonly string[]
  readonly output: string
  /** Attributes that are lists of whole numbers. */
  readonly ints?: Readonly<Record<string, readonly number[]>>
}

export type OnnxWeight = { readonly name: string; readonly dims: readonly number[]; readonly values: readonly number[] }

/** Name and shape of a float32 tensor; a text stands for a dimension known only at run time. */
export type OnnxPort = { readonly name: string; readonly dims: readonly (number | string)[] }

const FLOAT = 1
const INTS = 7

function writeNode({ op, inputs, output, ints }: OnnxNode): Uint8Array {
  const attributes = Object.entries(ints ?? {}).map(([name, values]): Field => {
    return [5, message([1, name], ...values.map((value): Field => [8, value]), [20, INTS])]
  })
  return message(...inputs.map((name): Field => [1, name]), [2, output], [3, output], [4, op], ...attributes)
}

function writeWeight({ name, dims, values }: OnnxWeight): Uint8Array {
  const raw = Buffer.alloc(4 * values.length)
  for (const [index, value] of values.entries()) raw.writeFloatLE(value, 4 * index)
  return message(...dims.map((dim): Field => [1, dim]), [2, FLOAT], [8, name], [9, raw])
}

function writePort({ name, dims }: OnnxPort): Uint8Array {
  const shape = message(...dims.map((dim): Field => [1, message(typeof dim === 'number' ? [1, dim] : [2, dim])]))
  return message([1, name], [2, message([1, message([1, FLOAT], [2, shape])])])
}

/**
 * Writes a float32 graph as an ONNX model (IR version 8, operator set 13; field numbers of onnx.proto, Apache-2.0).
 * Small enough to be read whole, so that a bundled model is made from source and needs no other tool.
 */
export function writeOnnx(graph: {
  readonly name: string
  readonly nodes: readonly OnnxNode[]
  readonly weights: readonly OnnxWeight[]
  readonly inputs: readonly OnnxPort[]
  readonly outputs: readonly OnnxPort[]
}): Uint8Array {
  const body = message(
    ...graph.nodes.map((node): Field => [1, writeNode(node)]),
    [2, graph.name],
    ...graph.weights.map((weight): Field => [5, writeWeight(weight)]),
    ...graph.inputs.map((port): Field => [11, writePort(port)]),
    ...graph.outputs.map((port): Field => [12, writePort(port)]),
  )
  return message([1, 8], [2, 'bithive'], [7, body], [8, message([1, ''], [2, 13])])
}

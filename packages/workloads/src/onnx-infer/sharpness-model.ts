import { OWN, UCUM } from '../concepts.ts'
import type { OnnxModel } from './kernel.ts'
import { writeOnnx } from './write-onnx.ts'

/** Four neighbours minus four times the centre: the discrete Laplacian. */
const LAPLACIAN = [0, 1, 0, 1, -4, 1, 0, 1, 0]

/**
 * The bundled model: mean absolute Laplacian of an image, a plain measure of sharpness and noise. It has no
 * trained weight, so anyone can check its outcome with a pencil; it stands for the models that operators bring.
 */
export function sharpnessModel(): OnnxModel {
  const bytes = writeOnnx({
    name: 'sharpness',
    nodes: [
      {
        op: 'Conv',
        inputs: ['image', 'laplacian'],
        output: 'edges',
        ints: { kernel_shape: [3, 3], pads: [0, 0, 0, 0], strides: [1, 1] },
      },
      { op: 'Abs', inputs: ['edges'], output: 'strength' },
      { op: 'GlobalAveragePool', inputs: ['strength'], output: 'sharpness' },
    ],
    weights: [{ name: 'laplacian', dims: [1, 1, 3, 3], values: LAPLACIAN }],
    inputs: [{ name: 'image', dims: [1, 1, 'rows', 'columns'] }],
    outputs: [{ name: 'sharpness', dims: [1, 1, 1, 1] }],
  })
  return {
    bytes,
    pin: {
      id: 'bithive.sharpness',
      sha256: '1ca6eb44f1b2536f01b01227dc3c255c3aa0a819f4340eaff76c3dc9828f0c3e',
      input: 'image',
      outputs: [{ name: 'sharpness', key: 'sharpness', concept: OWN.sharpness, unit: UCUM.none, decimals: 2 }],
    },
  }
}

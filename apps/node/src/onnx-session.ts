import { type OnnxRuntime, type OrtModule, onnxRuntimeFrom } from '@bithive/workloads'
import { nodeErrors } from './errors.ts'

/**
 * The ONNX runtime of this node. It is an optional dependency, so it is looked for when it is needed. A model's bytes
 * are checked against their pinned hash by the workload, before the runtime sees them.
 * @throws node.onnx-missing
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    const loaded = await import('onnxruntime-node')
    return onnxRuntimeFrom((loaded.default ?? loaded) as unknown as OrtModule)
  } catch (error) {
    throw nodeErrors.error('onnx-missing', {}, error)
  }
}

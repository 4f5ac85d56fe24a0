import type { OnnxRuntime, Tensor } from './kernel.ts'

type OrtTensor = { readonly dims: readonly number[]; readonly data: unknown }
type OrtSession = {
  readonly run: (feeds: Record<string, OrtTensor>) => Promise<Record<string, OrtTensor>>
  readonly release: () => Promise<void>
}

/** The part of onnxruntime-node (and onnxruntime-web) that is used here. */
export type OrtModule = {
  readonly env: { logLevel?: string | undefined }
  readonly InferenceSession: { readonly create: (model: Uint8Array, options: object) => Promise<OrtSession> }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => OrtTensor
}

const SILENT = 4

/**
 * Makes the port from a loaded module: CPU, one thread, sequential, silent. The caller loads the module, because
 * it is optional: `import('onnxruntime-node')` on a node that has it.
 */
export function onnxRuntimeFrom(ort: OrtModule): OnnxRuntime {
  ort.env.logLevel = 'fatal'
  return {
    open: async (model) => {
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ['cpu'],
        executionMode: 'sequential',
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        logSeverityLevel: SILENT,
      })
      return {
        run: async (feeds) => {
          const entries = Object.entries(feeds).map(([name, { data, dims }]) => [
            name,
            new ort.Tensor('float32', data, dims),
          ])
          const results = await session.run(Object.fromEntries(entries))
          return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, asFloats(tensor)]))
        },
        close: () => session.release(),
      }
    },
  }
}

/** Other element types come back empty, which the kernel refuses. */
function asFloats({ dims, data }: OrtTensor): Tensor {
  return { dims, data: data instanceof Float32Array ? data : new Float32Array(0) }
}

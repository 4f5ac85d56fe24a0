/** What an agent tells whoever runs it, one JSON document a line on the child's standard output. Pseudonymous only. */
export type NodeEvent =
  | { readonly event: 'started'; readonly sandbox: string; readonly statement: { zh: string; en: string } }
  | { readonly event: 'joined'; readonly nodeId: string }
  | { readonly event: 'ready'; readonly nodeId: string; readonly onnx: boolean }
  | { readonly event: 'disconnected' }
  | {
      readonly event: 'job'
      readonly jobId: string
      readonly epoch: number
      readonly state: 'accepted' | 'declined' | 'running' | 'returned' | 'failed' | 'revoked'
      readonly workload: string
      readonly code?: string
    }
  | { readonly event: 'wiped'; readonly files: number; readonly bytes: number; readonly left: number }
  | { readonly event: 'settled'; readonly jobId: string; readonly asset: string; readonly amount: string }
  | { readonly event: 'draining' }
  | { readonly event: 'stopped' }
  | { readonly event: 'failed'; readonly code: string; readonly zh: string; readonly en: string }

export type Report = (event: NodeEvent) => void

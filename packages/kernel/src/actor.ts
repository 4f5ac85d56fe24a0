/** Who acts. Ids are pseudonymous; names never travel with an actor. */
export type Actor = {
  readonly id: string
  readonly kind: 'person' | 'site' | 'node' | 'system'
  readonly orgId: string
  readonly roles: readonly string[]
}

/** A policy's answer. The reason is a stable code: shown to the person and written to the audit. */
export type Decision = { readonly ok: true } | { readonly ok: false; readonly reason: string }

export const allow: Decision = { ok: true }
export const deny = (reason: string): Decision => ({ ok: false, reason })

/** The actor of the process itself, for workers and start-up. */
export const systemActor = (orgId = 'system'): Actor => ({ id: 'system', kind: 'system', orgId, roles: ['system'] })

import type { AuditPort } from './members.ts'

type Act = Parameters<AuditPort['record']>[0]

/**
 * Records an act, then does it. If it fails, that is recorded too: what stands in the audit and did not happen is
 * said to have not.
 */
export async function noteAct<T>(audit: AuditPort, act: Act, run: () => Promise<T>): Promise<T> {
  await audit.record(act)
  try {
    return await run()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unexpected'
    await audit.record({ ...act, action: `${act.action}-failed`, facts: { ...act.facts, code } })
    throw error
  }
}

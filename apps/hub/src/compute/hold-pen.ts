import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Runner } from './job-store.ts'

/** How long a hub that fell silent keeps the others from placing. */
const PEN_MS = 10_000

/**
 * The right to place, held by one hub at a time (law 6). The epoch rises with every change of hands, and whoever
 * writes a lease checks it in the same transaction: a hub that slept through its time cannot write any more.
 */
export type Pen = { readonly name: string; readonly epoch: bigint }

/** Takes or renews the pen; undefined while another hub holds it. */
export async function takePen(
  deps: { db: Database; clock: Clock },
  pen: { name: string; holder: string },
): Promise<Pen | undefined> {
  const now = deps.clock.now()
  const [row] = await deps.db.worker<{ epoch: bigint }[]>`
    INSERT INTO compute.writers AS w (name, holder, epoch, expires_at)
    VALUES (${pen.name}, ${pen.holder}, 1, ${now + PEN_MS})
    ON CONFLICT (name) DO UPDATE SET holder = EXCLUDED.holder, expires_at = EXCLUDED.expires_at,
      epoch = w.epoch + CASE WHEN w.holder = EXCLUDED.holder THEN 0 ELSE 1 END
    WHERE w.holder = EXCLUDED.holder OR w.expires_at <= ${now}
    RETURNING epoch`
  return row && { name: pen.name, epoch: row.epoch }
}

/** True while no other hub has taken the pen since; keeps it from changing hands until the transaction ends. */
export async function stillHolds(tx: Runner, pen: Pen): Promise<boolean> {
  const rows = await tx`
    SELECT FROM compute.writers WHERE name = ${pen.name} AND epoch = ${pen.epoch} FOR SHARE`
  return rows.length > 0
}

/** Lays the pen down, so that another hub need not wait for it to run out. */
export async function layPenDown(deps: { db: Database }, pen: { name: string; holder: string }): Promise<void> {
  await deps.db.worker`
    UPDATE compute.writers SET expires_at = 0 WHERE name = ${pen.name} AND holder = ${pen.holder}`
}

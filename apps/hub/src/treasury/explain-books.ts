import { expectedSupply, type FeedTaker, readFeedToEnd, readSupplySums } from './check-supply.ts'
import type { Room } from './ports.ts'

/** A conversion's holds carry the quote's id, a return's the proposal's and the entry's. */
const QUOTE = /^quo_/
const RETURN = /^prop_[^/]+\/(dep_[0-9a-z]+)$/

/** The holds of these references whose act is still open, or whose deposit is on its way back. */
async function openReferences(room: Room, references: readonly string[]): Promise<Set<string>> {
  const entryOf = new Map(references.map((one) => [RETURN.exec(one)?.[1] ?? '', one]))
  const acts = await room.db.worker<{ reference: string }[]>`
    SELECT reference FROM treasury.acts WHERE reference = ANY(${references as string[]}) AND state = 'open'`
  const entries = await room.db.worker<{ id: string }[]>`
    SELECT id FROM treasury.bank_entries WHERE id = ANY(${[...entryOf.keys()]}) AND state = 'returning'`
  return new Set([...acts.map((act) => act.reference), ...entries.map(({ id }) => entryOf.get(id) ?? '')])
}

/** Tells the ledger's running check what should be in existence and which holds are the treasury's. */
export function explainBooks(room: Room, take: FeedTaker): void {
  room.ledger.explainHolds({
    name: 'treasury',
    claims: ({ reference = '' }) => QUOTE.test(reference) || RETURN.test(reference),
    known: async (holds) => {
      const references = [...new Set(holds.flatMap(({ reference }) => reference ?? []))]
      const open = await openReferences(room, references)
      return new Set(holds.filter(({ reference = '' }) => open.has(reference)).map(({ id }) => id))
    },
  })
  if (!room.rules.allows('money-supply', room.clock.now()).ok) return
  room.ledger.explainSupply(async () => {
    // What is booked and not marked yet would look like a difference.
    await readFeedToEnd(room, take)
    return new Map([['BTT', expectedSupply(await readSupplySums(room))]])
  })
}

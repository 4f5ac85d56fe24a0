import { jobIdOf, type Known } from './explain-entry.ts'
import type { Party, WalletDeps } from './ports.ts'
import type { WalkedEntry } from './walk-entries.ts'

/** Reads once what a page of entries needs to be explained: its jobs, and the organisations that they name. */
export async function readKnown(
  deps: WalletDeps,
  readerOrgId: string,
  entries: readonly WalkedEntry[],
): Promise<Known> {
  const jobs = await deps.jobMoneyOf([...new Set(entries.flatMap((entry) => jobIdOf(entry) ?? []))])
  const named = new Set<string>()
  for (const { payerOrgId, authorOrgId, nodeOwnerOrgId, parts } of jobs.values()) {
    for (const orgId of [payerOrgId, authorOrgId, nodeOwnerOrgId, ...parts.map(({ orgId }) => orgId)])
      if (orgId !== undefined && !orgId.startsWith('network')) named.add(orgId)
  }
  const parties = new Map<string, Party>()
  for (const orgId of named) {
    const party = await deps.partyOf(orgId)
    if (party) parties.set(orgId, party)
  }
  return { readerOrgId, jobs, parties, codeTexts: deps.codeTexts }
}

import type { Sql } from '@bithive/kernel/database'

export async function authorOrg(sql: Sql, authorKey: string): Promise<string | undefined> {
  const [row] = await sql<{ orgId: string }[]>`
    SELECT org_id AS "orgId" FROM models.authors WHERE author_key = ${authorKey}`
  return row?.orgId
}

/** Organisations by the author's key. */
export async function allAuthors(sql: Sql): Promise<Map<string, string>> {
  const rows = await sql<{ authorKey: string; orgId: string }[]>`
    SELECT author_key AS "authorKey", org_id AS "orgId" FROM models.authors`
  return new Map(rows.map((row) => [row.authorKey, row.orgId]))
}

export async function setAuthor(sql: Sql, author: { authorKey: string; orgId: string }, now: number): Promise<void> {
  await sql`
    INSERT INTO models.authors (author_key, org_id, set_at) VALUES (${author.authorKey}, ${author.orgId}, ${now})
    ON CONFLICT (author_key) DO UPDATE SET org_id = EXCLUDED.org_id, set_at = EXCLUDED.set_at
    WHERE models.authors.org_id <> EXCLUDED.org_id`
}

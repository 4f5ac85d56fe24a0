import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { memberErrors } from './member-errors.ts'

export type OrganisationState = 'active' | 'suspended' | 'closed'

export type Organisation = {
  readonly orgId: string
  readonly slug?: string
  readonly kind: string
  readonly name: { readonly zh: string; readonly en: string }
  /** ISO 3166 code. */
  readonly jurisdiction: string
  readonly sample: boolean
  /** The network holds it to be a trusted institution. */
  readonly trusted: boolean
  readonly state: OrganisationState
  readonly createdAt: number
}

export type NewOrganisation = Omit<Organisation, 'orgId' | 'state' | 'createdAt' | 'trusted'> & {
  /** Given at a site, which uses the id that the hub knows it by. */
  readonly orgId?: string
  readonly trusted?: boolean
}

type Row = {
  readonly id: string
  readonly slug: string | null
  readonly kind: string
  readonly name_zh: string
  readonly name_en: string
  readonly jurisdiction: string
  readonly sample: boolean
  readonly trusted: boolean
  readonly state: OrganisationState
  readonly created_at: Date
}

const view = (row: Row): Organisation => ({
  orgId: row.id,
  ...(row.slug === null ? {} : { slug: row.slug }),
  kind: row.kind,
  name: { zh: row.name_zh, en: row.name_en },
  jurisdiction: row.jurisdiction,
  sample: row.sample,
  trusted: row.trusted,
  state: row.state,
  createdAt: row.created_at.getTime(),
})

export type Organisations = {
  /** @throws members.organisation-taken */
  readonly create: (organisation: NewOrganisation) => Promise<Organisation>
  readonly byId: (orgId: string) => Promise<Organisation | undefined>
  readonly bySlug: (slug: string) => Promise<Organisation | undefined>
  /** By name order, at most 500. */
  readonly list: () => Promise<Organisation[]>
  /** Gives it another name, or kind. @throws members.unknown-organisation */
  readonly rename: (orgId: string, named: Pick<Organisation, 'name' | 'kind'>) => Promise<Organisation>
  /** Takes effect with the next request of anybody in it. @throws members.unknown-organisation */
  readonly setState: (orgId: string, state: OrganisationState) => Promise<void>
}

export function createOrganisations(deps: { db: Pick<Database, 'app'>; clock: Clock; ids: Ids }): Organisations {
  const { clock, ids } = deps
  const sql = deps.db.app
  const byId = async (orgId: string) => {
    const [row] = await sql<Row[]>`SELECT * FROM auth.organisations WHERE id = ${orgId}`
    return row && view(row)
  }
  return {
    create: async (input) => {
      const now = new Date(clock.now())
      const orgId = input.orgId ?? ids.next('org')
      try {
        const [row] = await sql<Row[]>`
          INSERT INTO auth.organisations
            (id, slug, kind, name_zh, name_en, jurisdiction, sample, trusted, state, created_at, changed_at)
          VALUES (${orgId}, ${input.slug ?? null}, ${input.kind}, ${input.name.zh}, ${input.name.en},
            ${input.jurisdiction}, ${input.sample}, ${input.trusted ?? false}, 'active', ${now}, ${now})
          RETURNING *`
        return view(row as Row)
      } catch (error) {
        if (sqlState(error) === '23505') throw memberErrors.error('organisation-taken')
        throw error
      }
    },
    byId,
    bySlug: async (slug) => {
      const [row] = await sql<Row[]>`SELECT * FROM auth.organisations WHERE slug = ${slug}`
      return row && view(row)
    },
    list: async () => (await sql<Row[]>`SELECT * FROM auth.organisations ORDER BY name_en, id LIMIT 500`).map(view),
    rename: async (orgId, { name, kind }) => {
      const [row] = await sql<Row[]>`UPDATE auth.organisations
        SET name_zh = ${name.zh}, name_en = ${name.en}, kind = ${kind}, changed_at = ${new Date(clock.now())}
        WHERE id = ${orgId} RETURNING *`
      if (!row) throw memberErrors.error('unknown-organisation')
      return view(row)
    },
    setState: async (orgId, state) => {
      const changed = await sql`UPDATE auth.organisations SET state = ${state}, changed_at = ${new Date(clock.now())}
        WHERE id = ${orgId}`
      if (changed.count === 0) throw memberErrors.error('unknown-organisation')
    },
  }
}

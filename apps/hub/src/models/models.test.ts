import { OwnModels } from '@bithive/api/models'
import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { bundledWorkloads } from '@bithive/workloads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createModels, type Models, modelsMigrations } from './index.ts'
import type { UsedModel } from './ports.ts'

let db: TestDatabase
let models: Models
let used: UsedModel[] = []
const clock = createManualClock(1_800_000_000_000)
const ids = createIds({ clock, randomness: systemRandomness })
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [modelsMigrations] })
  models = createModels({ db, clock, audit: createAudit({ db, clock, ids }), useOf: async () => used })
})
afterAll(() => db.drop())

const CARD = 'imaging.ct.lung-density'

describe('the registry of workloads', () => {
  test('lists a workload for the market only once its author is an organisation of the network', async () => {
    expect(await models.workloadOf(CARD, '1.0.0')).toBeUndefined()
    const [authorKey] = bundledWorkloads.filter(({ card }) => card.id === CARD).map(({ card }) => card.author.key)
    await models.nameAuthor({ authorKey: authorKey as string, orgId: 'org_author', namedBy: 'system' })
    const listed = await models.workloadOf(CARD, '1.0.0')
    expect(listed).toMatchObject({ authorOrgId: 'org_author', card: { id: CARD } })
    expect(listed?.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(await models.authorOf(CARD)).toBe('org_author')
    expect(await models.workloadOf(CARD, '9.9.9')).toBeUndefined()
    expect(await models.authorOf('imaging.ct.nothing')).toBeUndefined()
  })

  test('names the keys that a new hub has to map, each once', () => {
    const keys = models.authorKeys()
    expect(keys).toEqual([...new Set(keys)].sort())
    expect(keys.length).toBeGreaterThan(0)
  })

  test('shows the cards to whoever is signed in, and to nobody else', async () => {
    const app = (signedIn: boolean) => {
      const actor = { id: 'p', kind: 'person', orgId: 'org_x', roles: [] } as const
      const http = createHttp({ log: silentLog, ids, clock, authenticate: async () => (signedIn ? actor : undefined) })
      http.route('/hub/v1', models.routes)
      return http
    }
    expect((await app(false).request('/hub/v1/models')).status).toBe(401)
    const body = (await (await app(true).request('/hub/v1/models')).json()) as { models: { card: { id: string } }[] }
    expect(body.models.map(({ card }) => card.id)).toEqual(bundledWorkloads.map(({ card }) => card.id))
  })

  test('shows an author its own models, versions that are carried no more included, and what each month paid', async () => {
    const actor = { id: 'p', kind: 'person', orgId: 'org_author', roles: ['author'] } as const
    const http = createHttp({ log: silentLog, ids, clock, authenticate: async () => actor })
    http.route('/hub/v1', models.routes)
    const read = async () =>
      OwnModels.parse(await (await http.request('/hub/v1/models/own?zone=Asia%2FShanghai')).json())
    const [unused] = (await read()).models
    expect(unused).toMatchObject({ workload: CARD, version: '1.0.0', earned: [], months: [], use: { ordered: 0 } })
    const btt = { asset: 'BTT', scale: 6 }
    used = [
      {
        workload: CARD,
        version: '0.9.0',
        use: { ordered: 3, returned: 3, accepted: 2, rejected: 1, inputRefused: 0, failed: 0, open: 0 },
        // The clock stands in January 2027: the first span is that month, the second is December.
        royalties: [{ ...btt, span: 1, amount: 180_000n, jobs: 2 }],
        total: [{ ...btt, amount: 180_000n }],
        lastUses: [
          {
            jobId: 'job_x',
            at: 1,
            state: 'settled',
            stateText: { zh: '已结算', en: 'Settled' },
            royalty: { ...btt, amount: 1n },
          },
        ],
      },
    ]
    const own = await read()
    expect(own.payee).toMatchObject({ orgId: 'org_author' })
    expect(own.models.map(({ version }) => version)).toEqual(['1.0.0', '0.9.0'])
    const before = own.models[1]
    expect(before).toMatchObject({ earned: [{ asset: 'BTT', amount: '0.180000' }], use: { rejected: 1 } })
    expect(before?.months).toEqual([{ month: '2026-12', earned: [{ asset: 'BTT', amount: '0.180000' }], jobs: 2 }])
    expect(before?.card).toBeUndefined()
  })
})

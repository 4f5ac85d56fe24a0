import type { Database, Sql } from '@bithive/kernel/database'

/** Where a process dies: before its nth reach to the database, or after it and before it hears back. */
export type Death = { readonly at: number; readonly when: 'before' | 'after' }

/**
 * The database as a process sees it that dies at one of its reaches. From then on nothing of it reaches anything: what
 * it still has in memory is as lost as after kill -9.
 */
export function createMortal(db: Database, death: Death) {
  let reaches = 0
  let dead = false
  const reach = async <T>(act: () => PromiseLike<T>): Promise<T> => {
    if (dead) throw new Error('killed')
    reaches++
    const dies = reaches === death.at
    if (dies && death.when === 'before') dead = true
    if (dead) throw new Error('killed')
    const answer = await act()
    if (dies) dead = true
    if (dead) throw new Error('killed')
    return answer
  }
  const mortal = (sql: Sql): Sql =>
    new Proxy(sql, {
      apply: (target, self, args) => {
        const query: PromiseLike<unknown> | undefined = Reflect.apply(target as never, self, args)
        // A fragment is never waited for, so only what is really sent counts as a reach.
        if (typeof query?.then === 'function') {
          const original = query.then.bind(query) as PromiseLike<unknown>['then']
          // biome-ignore lint/suspicious/noThenProperty: a query is sent when it is waited for, and may die there.
          query.then = (ok: never, no: never) =>
            reach(() => new Promise((y, n) => void original(y, n))).then(ok, no) as never
        }
        return query
      },
      get: (target, key) => {
        if (key === 'begin') return (run: never) => reach(() => target.begin(run))
        return Reflect.get(target, key)
      },
    })
  const through: Database = {
    ...db,
    worker: mortal(db.worker),
    app: mortal(db.app),
    asOrg: ((org, run) => reach(() => db.asOrg(org, run))) as Database['asOrg'],
  }
  return { through, isDead: () => dead, reaches: () => reaches }
}

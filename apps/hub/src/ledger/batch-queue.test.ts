import { isDomainError } from '@bithive/kernel/errors'
import { describe, expect, test } from 'vitest'
import { createBatchQueue } from './batch-queue.ts'

type Sent = { readonly items: readonly number[]; readonly answer: () => void }

/** A queue of numbers that weigh what they are, and the batches that left it and wait for their answer. */
function openQueue(limits: { batch: number; inFlight: number; besideAt: number; waiting: number }) {
  const sent: Sent[] = []
  const add = createBatchQueue<number, string>(
    (items) =>
      new Promise((resolve) => {
        sent.push({ items, answer: () => resolve(items.map((item) => (item === 7 ? new Error('seven') : `${item}`))) })
      }),
    (item) => item,
    limits,
  )
  return { add, sent }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const limits = { batch: 10, inFlight: 2, besideAt: 8, waiting: 30 }

describe('the queue of a shard', () => {
  test('sends at once when idle, and gathers what arrives while a batch is on its way', async () => {
    const { add, sent } = openQueue(limits)
    const first = add(1)
    await turn()
    const later = [add(2), add(3)]
    await turn()
    expect(sent.map((batch) => batch.items)).toEqual([[1]])
    sent[0]?.answer()
    expect(await first).toBe('1')
    await turn()
    expect(sent.map((batch) => batch.items)).toEqual([[1], [2, 3]])
    sent[1]?.answer()
    expect(await Promise.all(later)).toEqual(['2', '3'])
  })

  test('never splits an item, never passes the size of a batch, and keeps the order', async () => {
    const { add, sent } = openQueue({ ...limits, inFlight: 1 })
    void [4, 4, 4, 9, 1, 6].map(add)
    for (let batch = 0; batch < 4; batch++) {
      await turn()
      await turn()
      sent[batch]?.answer()
      await turn()
    }
    expect(sent.map((batch) => batch.items)).toEqual([[4, 4], [4], [9, 1], [6]])
  })

  test('sends a second batch beside the first only when enough waits, and never a third', async () => {
    const { add, sent } = openQueue(limits)
    void add(1)
    await turn()
    void add(5)
    await turn()
    expect(sent).toHaveLength(1)
    void add(5)
    await turn()
    expect(sent.map((batch) => batch.items)).toEqual([[1], [5, 5]])
    void add(10)
    await turn()
    expect(sent).toHaveLength(2)
  })

  test('refuses beyond its length with 429, and takes again when there is room', async () => {
    const { add, sent } = openQueue(limits)
    const waiting = [10, 10, 10].map(add)
    const refused = await add(1).catch((error) => error)
    expect(isDomainError(refused, 'ledger.busy')).toBe(true)
    expect(refused.entry.status).toBe(429)
    expect(refused.facts.retryAfterMs).toBeGreaterThan(0)
    await turn()
    void add(2)
    for (const batch of sent) batch.answer()
    await turn()
    await turn()
    sent[2]?.answer()
    expect(await Promise.all(waiting)).toEqual(['10', '10', '10'])
  })

  test('gives one item its error and the others their results', async () => {
    const { add, sent } = openQueue(limits)
    const all = Promise.allSettled([add(1), add(7), add(2)])
    await turn()
    sent[0]?.answer()
    expect((await all).map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})

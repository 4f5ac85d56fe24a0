import { describe, expect, test } from 'vitest'
import { createManualClock } from './clock.ts'
import { createLive } from './live.ts'

const decoder = new TextDecoder()

function open(orgId: string, live: ReturnType<typeof createLive>) {
  const gone = new AbortController()
  const reader = live.stream(orgId, gone.signal).getReader()
  return { gone, read: async () => decoder.decode((await reader.read()).value) }
}

describe('live', () => {
  test('opens with hello, then tells its own organisation and no other what changed, and never whose', async () => {
    const live = createLive({ clock: createManualClock(0) })
    const mine = open('org_a', live)
    const other = open('org_b', live)
    expect(await mine.read()).toContain('retry:')
    expect(await mine.read()).toContain('event: hello')
    live.publish('org_a', { topic: 'jobs', id: 'job_1' })
    live.publish('org_b', { topic: 'nodes' })
    expect(await mine.read()).toBe('event: changed\ndata: {"topic":"jobs"}\n\n')
    await other.read()
    await other.read()
    expect(await other.read()).toContain('"nodes"')
    live.close()
  })

  test('a reader who does not read is told to look at everything anew, and keeps no endless queue', async () => {
    const live = createLive({ clock: createManualClock(0) })
    const slow = open('org_a', live)
    for (let i = 0; i < 1000; i++) live.publish('org_a', { topic: 'jobs', id: `job_${i}` })
    let read = ''
    for (let i = 0; i < 65; i++) read = await slow.read()
    expect(read).toContain('event: hello')
    live.publish('org_a', { topic: 'ledger' })
    expect(await slow.read()).toContain('ledger')
    live.close()
  })

  test('an organisation may open so many streams, and one that ends makes room', () => {
    const live = createLive({ clock: createManualClock(0) })
    const opened = Array.from({ length: 500 }, () => open('org_a', live))
    expect(() => open('org_a', live)).toThrow(expect.objectContaining({ code: 'live.too-many-streams' }))
    opened[0]?.gone.abort()
    expect(() => open('org_a', live)).not.toThrow()
    live.close()
  })

  test('one person may open some of them, and leaves room for everybody else of the organisation', () => {
    const live = createLive({ clock: createManualClock(0) })
    const gone = new AbortController()
    const openAs = (actorId: string) => live.stream('org_a', gone.signal, actorId)
    for (let i = 0; i < 32; i++) openAs('usr_1')
    expect(() => openAs('usr_1')).toThrow(expect.objectContaining({ code: 'live.too-many-streams' }))
    expect(() => openAs('usr_2')).not.toThrow()
    gone.abort()
    expect(() => openAs('usr_1')).not.toThrow()
    live.close()
  })

  test('beats while nothing happens, and ends in the end so that the session is asked again', async () => {
    const clock = createManualClock(0)
    const live = createLive({ clock })
    const page = open('org_a', live)
    await page.read()
    await page.read()
    await clock.advance(15_000)
    expect(await page.read()).toContain('event: beat')
    for (let i = 0; i < 40; i++) await clock.advance(15_000)
    let last = 'x'
    for (let i = 0; i < 60 && last !== ''; i++) last = await page.read()
    expect(last).toBe('')
  })
})

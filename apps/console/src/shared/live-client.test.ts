import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startLiveClient } from './live-client.ts'
import { connection } from './online.ts'

const encoder = new TextEncoder()

/** A server of events that a test speaks through; `refuse` makes it unreachable. */
function server() {
  let speak: ReadableStreamDefaultController<Uint8Array> | undefined
  const asked: string[] = []
  const state = { refuse: false, status: 200 }
  return {
    asked,
    state,
    say: (name: string, data: object) =>
      speak?.enqueue(encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)),
    end: () => speak?.close(),
    fetch: (async (path: string, init: RequestInit) => {
      asked.push(path)
      if (state.refuse) throw new TypeError('refused')
      if (state.status !== 200) return new Response('', { status: state.status })
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          speak = controller
          init.signal?.addEventListener('abort', () => {
            try {
              controller.error(new Error('aborted'))
            } catch {
              // It had ended already.
            }
          })
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }) as typeof fetch,
  }
}

let stop = () => {}
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', { addEventListener: () => {}, removeEventListener: () => {} })
})
afterEach(() => {
  stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function started(onSignedOut: () => Promise<boolean> = async () => false) {
  const queries = new QueryClient()
  const stale = (topic: string) => queries.getQueryState([topic, 1])?.isInvalidated
  for (const topic of ['jobs', 'nodes', 'house']) queries.setQueryData([topic, 1], 'known')
  const hub = server()
  stop = startLiveClient({ queries, service: 'hub', fetch: hub.fetch, onSignedOut, spread: () => 1 })
  await vi.advanceTimersByTimeAsync(0)
  return { hub, stale, queries }
}

describe('live updates', () => {
  test('make old what an event names, and everything upon «hello»', async () => {
    const { hub, stale } = await started()
    hub.say('changed', { topic: 'jobs', id: 'job_1' })
    await vi.advanceTimersByTimeAsync(0)
    expect([stale('jobs'), stale('nodes')]).toEqual([true, false])
    hub.say('hello', { at: Date.now() })
    await vi.advanceTimersByTimeAsync(0)
    expect([stale('nodes'), stale('house'), connection().state]).toEqual([true, false, 'open'])
  })

  test('are asked for anew when nothing was heard for 40 s, but not while the server beats', async () => {
    const { hub } = await started()
    for (let beats = 0; beats < 6; beats += 1) {
      await vi.advanceTimersByTimeAsync(15_000)
      hub.say('beat', { at: Date.now() })
    }
    await vi.advanceTimersByTimeAsync(0)
    expect(hub.asked).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(41_000)
    expect(hub.asked).toHaveLength(2)
  })

  test('say that the line is lost at the second failure, wait longer each time, and come back when asked', async () => {
    const { hub } = await started()
    hub.say('hello', { at: Date.now() })
    await vi.advanceTimersByTimeAsync(0)
    hub.state.refuse = true
    hub.end()
    await vi.advanceTimersByTimeAsync(100)
    expect(connection().state).toBe('open')
    await vi.advanceTimersByTimeAsync(500)
    expect([connection().state, connection().tries, hub.asked.length]).toEqual(['lost', 1, 2])
    await vi.advanceTimersByTimeAsync(2_000)
    expect([connection().tries, hub.asked.length]).toEqual([2, 3])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(hub.asked.length).toBe(3)
    hub.state.refuse = false
    connection().tryNow()
    await vi.advanceTimersByTimeAsync(0)
    hub.say('hello', { at: Date.now() })
    await vi.advanceTimersByTimeAsync(0)
    expect([connection().state, connection().tries, hub.asked.length]).toEqual(['open', 0, 4])
  })

  test('ask the person once when the session has ended, and not again by themselves', async () => {
    const asked: number[] = []
    const { hub } = await started(async () => asked.push(1) > 1)
    hub.state.status = 401
    hub.end()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect([asked.length, connection().state]).toEqual([1, 'lost'])
    connection().tryNow()
    await vi.advanceTimersByTimeAsync(0)
    expect(asked.length).toBe(2)
  })
})

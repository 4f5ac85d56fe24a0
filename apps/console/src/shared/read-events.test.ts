import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEvents } from './read-events.ts'

/** A body in pieces of these sizes, which may cut a character in two. */
function inPieces(text: string, sizes: readonly number[]): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text)
  let at = 0
  let piece = 0
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close()
      const size = Math.max(1, sizes[piece++ % Math.max(1, sizes.length)] ?? bytes.length)
      controller.enqueue(bytes.slice(at, at + size))
      at += size
    },
  })
}

const all = async (body: ReadableStream<Uint8Array>) => {
  const events: unknown[] = []
  for await (const event of readEvents(body)) events.push(event)
  return events
}

const TEXT =
  'retry: 2000\n\nevent: hello\ndata: {"at":7}\n\n: a comment\n\nevent: changed\ndata: {"topic":"jobs","id":"蜂巢"}\n\n'
const EVENTS = [
  { name: 'hello', data: { at: 7 } },
  { name: 'changed', data: { topic: 'jobs', id: '蜂巢' } },
]

describe('server-sent events', () => {
  test('are the same however the network cuts them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), async (sizes) => {
        expect(await all(inPieces(TEXT, sizes))).toEqual(EVENTS)
      }),
    )
  })

  test('that are no JSON are passed over', async () => {
    expect(await all(inPieces('event: hello\ndata: {"at":\n\nevent: beat\ndata: {}\n\n', []))).toEqual([
      { name: 'beat', data: {} },
    ])
  })

  test('without an end are given up', async () => {
    await expect(all(inPieces('x'.repeat(70_000), [10_000]))).rejects.toThrow('too long')
  })
})

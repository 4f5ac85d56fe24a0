export type ServerEvent = { readonly name: string; readonly data: unknown }

/** A line longer than this is no event of ours. */
const MAX_PENDING = 64 * 1024

function parse(block: string): ServerEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+):? ?(.*)$/.exec(line) ?? []
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  if (data.length === 0) return undefined
  try {
    return { name, data: JSON.parse(data.join('\n')) as unknown }
  } catch {
    return undefined
  }
}

/**
 * The events of a body of server-sent events (HTML standard, section 9.2.6). `EventSource` cannot name the
 * organisation in a header, so the body is read here.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader()
  let pending = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      pending = (pending + value).replace(/\r\n?/g, '\n')
      if (pending.length > MAX_PENDING) throw new Error('an event is too long')
      for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
        const event = parse(pending.slice(0, end))
        pending = pending.slice(end + 2)
        if (event) yield event
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

export type OutgoingPart = {
  readonly contentType: string
  /** Where the part can be read alone. */
  readonly location?: string
  readonly body: Uint8Array
}

/**
 * A multipart/related body (RFC 2387) that is made part by part, as fast as the reader takes it: memory holds one part.
 * @param boundary must not occur in the parts; random enough that it does not
 * @param onEnd told once, when the last byte is taken or the reader has gone
 */
export function writeMultipart(
  parts: AsyncIterable<OutgoingPart>,
  boundary: string,
  onEnd: (error?: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const { value, done } = await iterator.next()
          if (done) {
            controller.enqueue(Buffer.from(`--${boundary}--\r\n`))
            controller.close()
            onEnd()
            return
          }
          const location = value.location === undefined ? '' : `Content-Location: ${value.location}\r\n`
          const head = `--${boundary}\r\nContent-Type: ${value.contentType}\r\n${location}Content-Length: ${value.body.length}\r\n\r\n`
          controller.enqueue(Buffer.concat([Buffer.from(head), value.body, Buffer.from('\r\n')]))
        } catch (error) {
          onEnd(error)
          controller.error(error)
        }
      },
      cancel: async () => {
        await iterator.return?.()
        onEnd()
      },
    },
    { highWaterMark: 1 },
  )
}

/** The header that names the boundary of a body written by `writeMultipart`. */
export const multipartType = (inner: string, boundary: string): string =>
  `multipart/related; type="${inner}"; boundary=${boundary}`

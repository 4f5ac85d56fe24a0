import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Sql } from '../database.ts'

type Session = Pick<Sql, 'unsafe'>
type Settling = { resolve: (value: unknown) => void; reject: (error: unknown) => void }

/**
 * Hears of every failure of a copy. postgres.js settles its query with the stream, so a later error of the server
 * reaches nobody; and it may destroy the stream in the packet that opened it, before anybody can listen.
 * @returns the first failure so far.
 */
function hearFailures(query: unknown): () => unknown {
  const settling = query as Settling
  const { resolve, reject } = settling
  let failure: unknown
  const hear = (error: unknown) => {
    failure ??= error
  }
  settling.resolve = (value) => {
    if (value instanceof Readable || value instanceof Writable) value.on('error', hear)
    resolve(value)
  }
  settling.reject = (error) => {
    hear(error)
    reject(error)
  }
  return () => failure
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** What COPY … TO STDOUT sends, at the pace of the reader. @throws the server's error, whenever it comes */
export async function* copyOut(session: Session, statement: string): AsyncGenerator<Uint8Array> {
  const query = session.unsafe(statement)
  const failure = hearFailures(query)
  const stream = await query.readable()
  try {
    if (failure()) throw failure()
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
  } finally {
    // A reader that stops early still lets the server finish, so that the session can be used and closed.
    stream.resume()
    await finished(stream).catch(() => undefined)
    // postgres.js pauses the socket when the stream is full, and wakes it only when the stream is read again: after
    // the last data nobody would, and the session would wait for ever.
    stream._read(0)
  }
}

/**
 * Feeds COPY … FROM STDIN at the pace of the server, inside a transaction.
 * @throws the server's error; the transaction is then aborted.
 */
export async function copyIn(session: Sql, statement: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const query = session.unsafe(statement)
  const failure = hearFailures(query)
  const stream = await query.writable()
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => stream.write(bytes, (error) => (error ? reject(error) : resolve())))
  try {
    for await (const bytes of body) {
      if (failure()) throw failure()
      await write(bytes)
    }
  } catch (error) {
    stream.destroy(error as Error)
    await turn()
    throw failure() ?? error
  }
  stream.end()
  // The end of the data is sent in a later turn; a statement sent before it would break the protocol.
  await turn()
  try {
    // A statement of its own is the only sign of the outcome: in an aborted transaction it fails.
    await session`SELECT 1`
  } catch (error) {
    throw failure() ?? error
  }
}

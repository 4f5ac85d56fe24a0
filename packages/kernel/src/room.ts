import type { Hono } from 'hono'
import type { HttpEnv } from './http.ts'
import type { Worker } from './worker.ts'

/** What an app mounts of a room. A room that is not built yet has a name and nothing else. */
export type Room = {
  readonly name: string
  /** Mounted under the app's API prefix. */
  readonly routes?: Hono<HttpEnv>
  readonly workers?: readonly Worker[]
}

/** The face of a room that stands in the plan and has nothing inside yet. */
export const emptyRoom = (name: string): Room => ({ name })

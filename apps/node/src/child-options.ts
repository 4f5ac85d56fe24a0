import { DecimalAmount } from '@bithive/api/compute'
import { z } from 'zod'

/** Options of an agent that runs as a process of its own. The token is never among them: arguments can be seen. */
export const ChildOptions = z.strictObject({
  hubUrl: z.string().min(1),
  directory: z.string().min(1),
  name: z.string().min(1).max(64),
  slots: z.int().min(1).max(64).default(1),
  floorPrice: DecimalAmount.default('0'),
  sandbox: z.enum(['auto', 'bubblewrap', 'process']).default('auto'),
  /** File that holds the one-time token and nothing else. */
  tokenFile: z.string().optional(),
  /** Standard input is a parent's: its first line is the token or empty, its end says that the parent is gone. */
  parent: z.boolean().default(false),
  drainMs: z.int().min(0).optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})
export type ChildOptions = z.input<typeof ChildOptions>

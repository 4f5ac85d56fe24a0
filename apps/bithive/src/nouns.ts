import { backup, drill, restore } from './backup.ts'
import type { Noun } from './command/command.ts'
import { consent } from './consent.ts'
import { doctor } from './doctor.ts'
import { job } from './job.ts'
import { ledger } from './ledger.ts'
import { login } from './login.ts'
import { node } from './node.ts'
import { study } from './study.ts'
import { treasury } from './treasury.ts'
import { up } from './up.ts'
import { wallet } from './wallet.ts'

/** Every noun of the command, in the order in which help lists them. */
export const nouns: Readonly<Record<string, Noun>> = {
  up,
  login,
  study,
  consent,
  job,
  node,
  wallet,
  treasury,
  ledger,
  doctor,
  backup,
  restore,
  drill,
}

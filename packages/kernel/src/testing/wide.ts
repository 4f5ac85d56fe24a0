import { spawnSync } from 'node:child_process'
import { type TestAPI, test } from 'vitest'

function present(program: string): boolean {
  const finder = process.platform === 'win32' ? 'where' : 'which'
  return spawnSync(finder, [program], { stdio: 'ignore' }).status === 0
}

/**
 * A test that needs programs which npm does not bring. Without them it is skipped, and says so in its name; with
 * `BITHIVE_WIDE=1` it fails instead, so that a check that must be complete cannot pass by skipping.
 */
export function wide(name: string, programs: readonly string[]): TestAPI {
  const absent = programs.filter((program) => !present(program))
  if (absent.length === 0) return test
  const reason = `${name} needs ${absent.join(', ')}, which this machine does not have`
  if (process.env.BITHIVE_WIDE === '1') {
    test(reason, () => {
      throw new Error(reason)
    })
  } else {
    test.skip(reason)
  }
  return test.skip as unknown as TestAPI
}

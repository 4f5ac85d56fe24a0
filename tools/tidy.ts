import type { SourceFile } from './source-files.ts'

export type Untidy = { readonly path: string; readonly line: number; readonly rule: string }

const MAX_LINES = 400
const MAX_COLUMNS = 120
const VAGUE_NAMES = /(^|\/)(utils?|helpers?|common|manager|misc)(\/|\.tsx?$|-)/
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*\.(ts|tsx|sql|cjs)$/
/** Whole words in code that say a piece of work is unfinished. */
const UNFINISHED = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['XX', 'X'].join('')})\\b`)
/** Time and chance come from the kernel, in a page from `now.ts`: these files take them from the system. */
const SYSTEM_FILES = ['clock', 'randomness', 'sealed-box', 'blobs'].map((name) => `packages/kernel/src/${name}.ts`)
const SYSTEM_SOURCES = new RegExp(
  `^(${[...SYSTEM_FILES, 'apps/console/src/shared/now.ts'].join('|')}|(tools|bench|test)/)`,
)
const UNSEEDED = /\bDate\.now\(|\bMath\.random\(|(?<![.\w])setTimeout\(|(?<![.\w])setInterval\(|\bnew Date\(\)/
const SKIPPED_TEST = /\b(test|it|describe)\.(only|todo)\(/
/** A sentence for a person is one literal, however long: breaking it would hide it from a search. */
const LITERAL = /(['"`])(?:\\.|(?!\1).)*\1/g
/** What only tests import. */
const TEST_SUPPORT = /(\.test\.tsx?$|\/test-[a-z-]+\.ts$|\/(testing|fixtures)\/)/
const SLEEPING_TEST = /\bsleep\(\s*\d{2,}/

function untidyLine(path: string, text: string): string | undefined {
  const isCode = /\.(ts|tsx|sql|cjs)$/.test(path)
  // Chinese text is twice as wide as it is long; the limit is on characters all the same.
  if (isCode && text.replace(LITERAL, '').length > MAX_COLUMNS) return `a line is at most ${MAX_COLUMNS} characters`
  if (isCode && UNFINISHED.test(text)) return 'unfinished work is an issue, not a comment'
  const isTest = TEST_SUPPORT.test(path)
  if (isCode && !isTest && !SYSTEM_SOURCES.test(path) && UNSEEDED.test(text)) {
    return 'time and chance come from deps (kernel clock, randomness, ids)'
  }
  if (isTest && SKIPPED_TEST.test(text)) return 'a test is neither skipped nor alone'
  if (/\.test\.tsx?$/.test(path) && !path.startsWith('packages/kernel/src/clock') && SLEEPING_TEST.test(text))
    return 'a test waits for a condition, never for time'
  return undefined
}

/** Everything that breaks the house's habits and that a machine can see. */
export function findUntidy(files: readonly SourceFile[]): Untidy[] {
  const found: Untidy[] = []
  for (const { path, text } of files) {
    const name = path.split('/').at(-1) as string
    if (VAGUE_NAMES.test(path)) found.push({ path, line: 1, rule: 'a name says what the file is for' })
    if (/\.(ts|tsx|sql)$/.test(name) && !KEBAB.test(name))
      found.push({ path, line: 1, rule: 'file names are kebab-case' })
    const lines = text.split('\n')
    if (/\.(ts|tsx|sql)$/.test(path) && lines.length > MAX_LINES + 1) {
      found.push({ path, line: lines.length, rule: `a file is at most ${MAX_LINES} lines` })
    }
    lines.forEach((line, index) => {
      const rule = untidyLine(path, line)
      if (rule) found.push({ path, line: index + 1, rule })
    })
  }
  return found
}

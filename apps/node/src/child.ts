import { runChild } from './run-child.ts'

/** A compute agent as a process of its own: `node child.ts '{"hubUrl": ...}'` or `node child.ts @options.json`. */
process.exitCode = await runChild(process.argv[2])
process.exit()

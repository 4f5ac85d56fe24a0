import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

// Loaded before a program: writes the address of every module that the program resolves to the file it is told.
const file = process.env.RECORD_MODULES_TO
if (file) {
  registerHooks({
    resolve: (specifier, context, next) => {
      const resolved = next(specifier, context)
      appendFileSync(file, `${resolved.url}\n`)
      return resolved
    },
  })
}

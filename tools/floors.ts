import { posix } from 'node:path'
import type { SourceFile } from './source-files.ts'

/**
 * Which room stands on which floor. A room imports another room's index.ts only from a lower floor; what it needs
 * from its own floor or above comes through a port that it declares and app.ts wires.
 */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  hub: [
    ['identity', 'ledger'],
    ['treasury', 'chain'],
    ['compute', 'models', 'payments', 'assets', 'governance'],
    ['incentives', 'exchange', 'wallet'],
    ['expansion'],
    ['operations'],
  ],
  site: [
    ['access', 'identifiers', 'consent', 'network'],
    ['imaging', 'records'],
    ['reports'],
    ['orders', 'activities', 'pathway'],
    ['operations'],
  ],
}

/**
 * The console's rooms stand side by side: each imports itself, what is shared, and another room's index.ts. The frame
 * also holds what is asked before there is anybody (the first run), and the patients' rooms are drawn with the pieces
 * of their own entry. What is shared imports no room, and no room the frame.
 */
const CONSOLE_MAY_ALSO: Readonly<Record<string, readonly string[]>> = {
  shell: ['setup', 'pages.ts'],
  setup: ['shell'],
  patient: ['m'],
}

/** Which workspaces a workspace may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/kernel': [],
  'packages/api': [],
  'packages/engines': ['api'],
  'packages/chain': [],
  'packages/identity': ['kernel', 'api'],
  'packages/workloads': ['api', 'kernel'],
  'packages/sdk': ['api'],
  'apps/hub': ['api', 'engines', 'identity', 'kernel', 'workloads', 'chain'],
  'apps/site': ['api', 'identity', 'kernel', 'workloads'],
  'apps/node': ['api', 'kernel', 'workloads'],
  'apps/console': ['api'],
  'apps/bithive': ['api', 'console', 'hub', 'kernel', 'node', 'site', 'workloads', 'identity'],
}

export type Violation = { readonly path: string; readonly imports: string; readonly rule: string }

const IMPORTS = [
  /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/g,
  /import\(\s*['"]([^'"]+)['"]\s*\)/g,
  /(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g,
]

function importsOf(text: string): string[] {
  return IMPORTS.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] as string))
}

function floorOf(app: string, room: string): number {
  return FLOORS[app]?.findIndex((floor) => floor.includes(room)) ?? -1
}

function checkConsoleImport(path: string, target: string): string | undefined {
  const [, , , room = ''] = path.split('/')
  const [, app, , targetRoom = '', ...rest] = target.split('/')
  if (app !== 'console') return 'an app never imports another app by path'
  // Files beside the rooms (entries, pages.ts) put them together.
  if (/\.tsx?$/.test(room) || room === targetRoom || targetRoom === 'shared') return undefined
  if (CONSOLE_MAY_ALSO[room]?.includes(targetRoom)) return undefined
  if (room === 'shared' || targetRoom === 'shell') return 'what is shared imports no room, and no room the frame'
  return rest.join('/') === 'index.ts' ? undefined : 'a room of the console imports another by its index.ts only'
}

function checkRoomImport(path: string, target: string): string | undefined {
  const [, app, , room] = path.split('/') as [string, string, string, string]
  const [, targetApp, , targetRoom, ...rest] = target.split('/') as [string, string, string, string, ...string[]]
  if (app === 'console') return checkConsoleImport(path, target)
  if (app !== targetApp) return 'an app never imports another app by path'
  const from = floorOf(app, room)
  if (from < 0 || room === targetRoom) return undefined
  const to = floorOf(app, targetRoom ?? '')
  if (to < 0) return 'a room imports rooms only, never the app that mounts it'
  if (rest.join('/') !== 'index.ts') return 'another room is imported by its index.ts only'
  if (to >= from) return 'a room imports only from lower floors; use a port that app.ts wires'
  return undefined
}

/** All imports that break the floors, over product files (tests may look anywhere). */
export function findFloorViolations(files: readonly SourceFile[]): Violation[] {
  const violations: Violation[] = []
  for (const { path, text } of files) {
    if (!/^(apps|packages)\/[^/]+\/src\/.*\.tsx?$/.test(path) || /\.test\.tsx?$/.test(path)) continue
    const workspace = path.split('/').slice(0, 2).join('/')
    for (const imported of importsOf(text)) {
      const named = /^@bithive\/([^/]+)/.exec(imported)?.[1]
      if (named && named !== workspace.split('/')[1] && !MAY_IMPORT[workspace]?.includes(named)) {
        violations.push({ path, imports: imported, rule: `${workspace} may not import @bithive/${named}` })
      }
      if (!imported.startsWith('.')) continue
      const rule = checkRoomImport(path, posix.join(posix.dirname(path), imported))
      if (rule && workspace.startsWith('apps/')) violations.push({ path, imports: imported, rule })
    }
  }
  return violations
}

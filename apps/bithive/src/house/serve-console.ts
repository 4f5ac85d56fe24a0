import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { gunzipSync } from 'node:zlib'

type Kept = {
  readonly type: string
  /** Named by its content: it never changes. */
  readonly immutable: boolean
  readonly plain?: Uint8Array<ArrayBuffer>
  readonly gzip?: Uint8Array<ArrayBuffer>
  readonly brotli?: Uint8Array<ArrayBuffer>
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  wasm: 'application/wasm',
}

const SHARED_POLICY = [
  "default-src 'none'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
]

/**
 * No script but our own files, none inline. The pages of the staff need more than the patients': decoders of images
 * are WebAssembly in workers, which cornerstone starts from a blob, and antd writes style elements.
 */
const POLICIES: Readonly<Record<string, string>> = {
  'index.html': [
    ...SHARED_POLICY,
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
  ].join('; '),
  'm.html': [...SHARED_POLICY, "script-src 'self'", "worker-src 'self'", "style-src 'self'"].join('; '),
}

const COMMON = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export type ConsoleFiles = {
  /** One built file by its path (`/assets/x.js`); undefined when the build holds no such file. */
  readonly file: (path: string, request: Request) => Response | undefined
  /** The page of one of the two entries. */
  readonly page: (entry: 'index.html' | 'm.html', request: Request) => Response
}

function accepts(request: Request, encoding: string): boolean {
  const offered = (request.headers.get('accept-encoding') ?? '').toLowerCase().split(',')
  return offered.some((one) => {
    const [name = '', ...parameters] = one.split(';').map((part) => part.trim())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}

/** Bytes in the smallest form that the caller takes (RFC 9110 section 12.5.3). */
function encoded(kept: Kept, request: Request): { readonly body: Uint8Array<ArrayBuffer>; readonly encoding?: string } {
  if (kept.brotli && accepts(request, 'br')) return { body: kept.brotli, encoding: 'br' }
  if (kept.gzip && accepts(request, 'gzip')) return { body: kept.gzip, encoding: 'gzip' }
  return { body: kept.plain ?? new Uint8Array(gunzipSync(kept.gzip as Uint8Array)) }
}

/**
 * Reads a built console into memory. Files are found by name in a table, so no path of a request ever reaches the
 * disk, and a build that is removed or replaced meanwhile does not break the pages that are open.
 */
export async function readConsole(directory: string): Promise<ConsoleFiles> {
  const kept = new Map<string, Kept>()
  const entries = await readdir(directory, { withFileTypes: true, recursive: true })
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
  const known = new Set(paths)
  for (const path of paths) {
    const type = TYPES[path.split('.').at(-1) ?? '']
    if (type === undefined) continue
    const name = `/${relative(directory, path).split(sep).join('/')}`
    const immutable = name.startsWith('/assets/')
    const isPacked = known.has(`${path}.gz`) && known.has(`${path}.br`)
    const [gzip, brotli, plain] = isPacked
      ? await Promise.all([readFile(`${path}.gz`), readFile(`${path}.br`)])
      : [undefined, undefined, await readFile(path)]
    kept.set(name, { type, immutable, ...(gzip && brotli ? { gzip, brotli } : {}), ...(plain ? { plain } : {}) })
  }
  const answer = (one: Kept, request: Request, headers: Record<string, string>) => {
    const { body, encoding } = encoded(one, request)
    return new Response(request.method === 'HEAD' ? null : body, {
      headers: {
        ...COMMON,
        'content-type': one.type,
        'content-length': String(body.byteLength),
        vary: 'accept-encoding',
        ...(encoding ? { 'content-encoding': encoding } : {}),
        ...headers,
      },
    })
  }
  for (const entry of ['/index.html', '/m.html']) {
    if (!kept.has(entry)) throw new Error(`the built console holds no ${entry}`)
  }
  return {
    file: (path, request) => {
      const one = kept.get(path)
      // The pages have a policy of their own, and are asked for by what they show.
      if (!one || path.endsWith('.html')) return undefined
      const cache = one.immutable ? 'public, max-age=31536000, immutable' : 'no-cache'
      // A picture or a guide that is opened by itself runs nothing.
      return answer(one, request, { 'cache-control': cache, 'content-security-policy': "default-src 'none'" })
    },
    page: (entry, request) =>
      answer(kept.get(`/${entry}`) as Kept, request, {
        'cache-control': 'no-cache',
        'content-security-policy': POLICIES[entry] as string,
        'permissions-policy': 'geolocation=(), microphone=(), payment=(), usb=()',
      }),
  }
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ConsoleFiles, readConsole } from './serve-console.ts'

const SCRIPT = 'export const hive = "蜂巢"\n'.repeat(50)
const PAGE = '<!doctype html><title>BitHive</title>'

let folder: string
let built: ConsoleFiles

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-console-'))
  const root = join(folder, 'build')
  const packed = async (name: string, text: string) => {
    await writeFile(join(root, name), text)
    await writeFile(join(root, `${name}.gz`), gzipSync(text))
    await writeFile(join(root, `${name}.br`), brotliCompressSync(text))
  }
  await mkdir(join(root, 'assets'), { recursive: true })
  await mkdir(join(root, 'docs'))
  await writeFile(join(folder, 'secret.json'), '{"token":"outside"}')
  await packed('index.html', PAGE)
  await packed('m.html', PAGE)
  await packed('assets/x-1a2b.js', SCRIPT)
  await writeFile(join(root, 'assets', 'slice.png'), Buffer.from([0x89, 0x50]))
  await packed('docs/compute.md', '# Compute')
  await writeFile(join(root, 'notes.txt'), 'not of the build')
  built = await readConsole(root)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const request = (headers: Record<string, string> = {}, method = 'GET') =>
  new Request('http://house/', { headers, method })

describe('a file of the console', () => {
  test.each([
    ['br, gzip', 'br', (bytes: Buffer) => brotliDecompressSync(bytes)],
    ['gzip, deflate', 'gzip', (bytes: Buffer) => gunzipSync(bytes)],
    ['gzip;q=1.0, br;q=0', 'gzip', (bytes: Buffer) => gunzipSync(bytes)],
    ['identity', null, (bytes: Buffer) => bytes],
    ['', null, (bytes: Buffer) => bytes],
  ])('to a caller of «%s» comes as %s and is whole', async (accepted, encoding, unpack) => {
    const response = built.file('/assets/x-1a2b.js', request({ 'accept-encoding': accepted })) as Response
    expect([response.headers.get('content-encoding'), response.headers.get('vary')]).toEqual([
      encoding,
      'accept-encoding',
    ])
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(Number(response.headers.get('content-length'))).toBe(bytes.length)
    expect(unpack(bytes).toString()).toBe(SCRIPT)
  })

  test('named by its content is kept for a year, any other is asked for again', () => {
    const cache = (path: string) => built.file(path, request())?.headers.get('cache-control')
    expect(cache('/assets/x-1a2b.js')).toBe('public, max-age=31536000, immutable')
    expect(cache('/docs/compute.md')).toBe('no-cache')
  })

  test.each([
    ['/assets/x-1a2b.js', 'text/javascript; charset=utf-8'],
    ['/assets/slice.png', 'image/png'],
    ['/docs/compute.md', 'text/markdown; charset=utf-8'],
  ])('%s is %s and nothing else', (path, type) => {
    const response = built.file(path, request())
    expect([response?.headers.get('content-type'), response?.headers.get('x-content-type-options')]).toEqual([
      type,
      'nosniff',
    ])
  })

  test('has no body when only its head is asked for', async () => {
    const response = built.file('/assets/x-1a2b.js', request({ 'accept-encoding': 'br' }, 'HEAD')) as Response
    expect([Number(response.headers.get('content-length')) > 0, await response.text()]).toEqual([true, ''])
  })

  test.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/assets/%2e%2e/%2e%2e/secret.json',
    '/assets/..%2f..%2fsecret.json',
    '/assets/..\\..\\secret.json',
    '/assets//../../secret.json',
    '/assets/x-1a2b.js/../../../secret.json',
    '/assets/x-1a2b.js%00.png',
    '/assets/x-1a2b.js.br',
    '/notes.txt',
    '/index.html',
    '/assets',
    '/__proto__',
    '/constructor',
    '',
  ])('is not found as «%s»', (path) => {
    expect(built.file(path, request())).toBeUndefined()
  })
})

describe('a page of the console', () => {
  test('runs our own files only, and no script inline', () => {
    const policy = built.page('index.html', request()).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(/script-src[^;]*('unsafe-inline'|'unsafe-eval'|https?:|\*)/.test(policy)).toBe(false)
  })

  test('for patients allows neither WebAssembly, nor blobs as workers, nor styles inline', () => {
    const policy = built.page('m.html', request()).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('wasm')
    expect(policy).not.toContain('unsafe')
    expect(policy).toContain("worker-src 'self';")
  })

  test('is asked for anew each time', () => {
    expect(built.page('index.html', request()).headers.get('cache-control')).toBe('no-cache')
  })
})

describe('a folder that is no build', () => {
  test('is not served', async () => {
    await expect(readConsole(join(folder, 'build', 'docs'))).rejects.toThrow('holds no /index.html')
  })
})

import { isDomainError } from '@bithive/kernel/errors'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUNDLE_LIMITS, type BundleFile, readBundle, sha256, writeBundle } from './bundle.ts'

const anyFiles = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[0-9.]{1,64}$/), fc.uint8Array({ minLength: 1, maxLength: 40 })), {
    minLength: 1,
    maxLength: 5,
    selector: ([name]) => name,
  })
  .map((files) => files.map(([name, bytes]): BundleFile => ({ name: `${name}.dcm`, bytes })))

const codeOf = (run: () => unknown) => {
  try {
    run()
    return 'accepted'
  } catch (error) {
    return isDomainError(error) ? error.code : `not typed: ${String(error)}`
  }
}

/** A bundle with any manifest, to be wrong on purpose. */
function forge(manifest: unknown, body: Uint8Array, spaces?: number): Uint8Array {
  const text = Buffer.from(JSON.stringify(manifest, undefined, spaces))
  const header = Buffer.from('BHIB\x01\0\0\0\0\0\0\0', 'latin1')
  header.writeUInt32BE(text.length, 8)
  return Buffer.concat([header, text, body])
}

const body = Uint8Array.of(1, 2, 3)
const entry = { name: '1.2.dcm', bytes: 3, sha256: sha256(body) }

describe('an input bundle', () => {
  test('gives back the files that went in, in their order, under the hash of its bytes', () => {
    fc.assert(
      fc.property(anyFiles, (files) => {
        const bundle = writeBundle(files)
        const read = readBundle(bundle)
        expect(read.files.map(({ name, bytes }) => ({ name, bytes: new Uint8Array(bytes) }))).toEqual(files)
        expect(read.sha256).toBe(sha256(bundle))
      }),
    )
  })

  test('is the same bytes for the same files, and other bytes for another order', () => {
    const files = [1, 2].map((n) => ({ name: `1.${n}.dcm`, bytes: Uint8Array.of(n) }))
    expect(sha256(writeBundle(files))).toBe('93cdc16411627897bd3da1325f15f07455ff33aa08c49b7ce48f52408276aa06')
    expect(sha256(writeBundle(files))).not.toBe(sha256(writeBundle(files.toReversed())))
  })

  test('with any byte changed, or cut or lengthened anywhere, is refused', () => {
    fc.assert(
      fc.property(anyFiles, fc.nat(), fc.integer({ min: 1, max: 255 }), (files, place, change) => {
        const bundle = writeBundle(files)
        const at = place % bundle.length
        const changed = bundle.slice()
        changed[at] = (changed[at] as number) ^ change
        const wrong = [changed, bundle.slice(0, at), Buffer.concat([bundle, Uint8Array.of(change)])]
        // A changed byte in a name may spell another name that a file may have. Then the hash of the whole, which the
        // order names and the node compares, is another one.
        const { sha256: right } = readBundle(bundle)
        for (const bytes of wrong) {
          const code = codeOf(() => readBundle(bytes))
          if (code === 'accepted') expect(readBundle(bytes).sha256).not.toBe(right)
          else expect(code).toMatch(/^workloads\.bundle-/)
        }
      }),
    )
  })

  test('written by the same rules from another hand is accepted', () => {
    expect(readBundle(forge({ files: [entry] }, body)).files).toHaveLength(1)
  })

  const forged: readonly [string, Uint8Array, string][] = [
    ['a file that does not match its hash', forge({ files: [entry] }, Uint8Array.of(1, 2, 4)), 'bundle-hash'],
    ['more bytes than the manifest names', forge({ files: [entry] }, Uint8Array.of(1, 2, 3, 4)), 'bundle-damaged'],
    ['an unknown key', forge({ files: [{ ...entry, patient: 'x' }] }, body), 'bundle-damaged'],
    ['a manifest written with other spaces', forge({ files: [entry] }, body, 1), 'bundle-damaged'],
    ['no file', forge({ files: [] }, new Uint8Array()), 'bundle-damaged'],
    ['a manifest that is no JSON object', forge('files', body), 'bundle-damaged'],
    ['a path in a name', forge({ files: [{ ...entry, name: '../1.dcm' }] }, body), 'bundle-name'],
    ['a name from outside', forge({ files: [{ ...entry, name: 'DOE^JOHN.dcm' }] }, body), 'bundle-name'],
    ['the same name twice', forge({ files: [entry, entry] }, Buffer.concat([body, body])), 'bundle-name'],
    ['too many files', forge({ files: Array.from({ length: 2001 }, () => entry) }, body), 'bundle-too-large'],
    [
      'files that add up to more than the limit',
      forge({ files: [entry, { ...entry, name: '2.dcm', bytes: BUNDLE_LIMITS.bytes }] }, body),
      'bundle-too-large',
    ],
  ]
  test.each(forged)('with %s is refused when read', (_, bytes, key) => {
    expect(codeOf(() => readBundle(bytes))).toBe(`workloads.${key}`)
  })

  const unwritable: readonly [string, readonly BundleFile[], string][] = [
    ['no file', [], 'bundle-damaged'],
    ['an empty file', [{ name: '1.dcm', bytes: new Uint8Array() }], 'bundle-damaged'],
    ['a name from outside', [{ name: 'scan.dcm', bytes: body }], 'bundle-name'],
    [
      'too many files',
      Array.from({ length: BUNDLE_LIMITS.files + 1 }, (_, i) => ({ name: `${i}.dcm`, bytes: body })),
      'bundle-too-large',
    ],
  ]
  test.each(unwritable)('with %s is not written', (_, files, key) => {
    expect(codeOf(() => writeBundle(files))).toBe(`workloads.${key}`)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSealKeys, createSignKeys, openSealed, seal, signText, verifyText } from './sealed-box.ts'

const CONTEXT = 'input:job_1:1'
const unreadable = expect.objectContaining({ code: 'seal.unreadable' })
const bytes = (text: string) => new TextEncoder().encode(text)

describe('a sealed box', () => {
  test('opens for its key and context, to the byte, also when it is empty', async () => {
    const keys = createSealKeys()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ maxLength: 40 }), async (plain, context) => {
        const box = await seal(keys.publicKey, plain, context)
        expect(await openSealed(keys, box, context)).toEqual(new Uint8Array(plain))
      }),
      { numRuns: 30 },
    )
  })

  test('does not open for another key or context', async () => {
    const keys = createSealKeys()
    const box = await seal(keys.publicKey, bytes('plain'), CONTEXT)
    await expect(openSealed(createSealKeys(), box, CONTEXT)).rejects.toEqual(unreadable)
    for (const context of ['input:job_1:2', 'result:job_1:1', '', `${CONTEXT} `]) {
      await expect(openSealed(keys, box, context)).rejects.toEqual(unreadable)
    }
  })

  test('with any one bit flipped does not open', async () => {
    const keys = createSealKeys()
    const box = await seal(keys.publicKey, bytes('a CT slice'), CONTEXT)
    for (let at = 0; at < box.length; at++) {
      // X25519 ignores the top bit of a public key (RFC 7748 section 5), but HPKE binds the bytes as sent.
      const bit = 1 << (at % 8)
      const bent = Uint8Array.from(box)
      bent[at] = (bent[at] as number) ^ bit
      await expect(openSealed(keys, bent, CONTEXT), `byte ${at}`).rejects.toEqual(unreadable)
    }
    const top = Uint8Array.from(box)
    top[31] = (top[31] as number) ^ 0x80
    await expect(openSealed(keys, top, CONTEXT)).rejects.toEqual(unreadable)
  })

  test('cut short or grown does not open', async () => {
    const keys = createSealKeys()
    const box = await seal(keys.publicKey, bytes('a CT slice'), CONTEXT)
    for (const length of [0, 1, 31, 32, 33, 47, box.length - 1]) {
      await expect(openSealed(keys, box.subarray(0, length), CONTEXT)).rejects.toEqual(unreadable)
    }
    await expect(openSealed(keys, Buffer.concat([box, Buffer.of(0)]), CONTEXT)).rejects.toEqual(unreadable)
  })

  test('of the same bytes never looks the same, and shows nothing of them', async () => {
    const { publicKey } = createSealKeys()
    const plain = bytes('Zhang^Sanfeng'.repeat(10))
    const boxes = await Promise.all([1, 2].map(() => seal(publicKey, plain, CONTEXT)))
    expect(Buffer.compare(boxes[0] as Uint8Array, boxes[1] as Uint8Array)).not.toBe(0)
    expect(Buffer.from(boxes[0] as Uint8Array).toString('latin1')).not.toContain('Zhang')
    expect(boxes[0]).toHaveLength(32 + plain.length + 16)
  })

  test('is a view that reads right when the bytes lie inside a larger buffer', async () => {
    const keys = createSealKeys()
    const larger = Buffer.concat([Buffer.from('before'), Buffer.from('plain'), Buffer.from('after')])
    const box = await seal(keys.publicKey, larger.subarray(6, 11), CONTEXT)
    const around = Buffer.concat([Buffer.of(1, 2, 3), box, Buffer.of(4)])
    const opened = await openSealed(keys, around.subarray(3, 3 + box.length), CONTEXT)
    expect(Buffer.from(opened).toString()).toBe('plain')
  })

  test.each([
    ['nothing', ''],
    ['31 bytes', Buffer.alloc(31, 1).toString('base64url')],
    ['33 bytes', Buffer.alloc(33, 1).toString('base64url')],
    ['the point that gives everyone the same secret', Buffer.alloc(32).toString('base64url')],
    ['words', 'not a key'],
  ])('is refused for a public key of %s', async (_name, key) => {
    await expect(seal(key, bytes('plain'), CONTEXT)).rejects.toEqual(expect.objectContaining({ code: 'seal.bad-key' }))
  })
})

describe('a signature', () => {
  test('holds for its text and key alone', () => {
    const keys = createSignKeys()
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const signature = signText(keys, text)
        expect(verifyText(keys.publicKey, text, signature)).toBe(true)
        expect(verifyText(keys.publicKey, other, signature)).toBe(other === text)
        expect(verifyText(createSignKeys().publicKey, text, signature)).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('with any one bit flipped does not hold', () => {
    const keys = createSignKeys()
    const signature = Buffer.from(signText(keys, 'returned'), 'base64url')
    expect(signature).toHaveLength(64)
    for (let at = 0; at < 64; at++) {
      const bent = Buffer.from(signature)
      bent[at] = (bent[at] as number) ^ (1 << (at % 8))
      expect(verifyText(keys.publicKey, 'returned', bent.toString('base64url'))).toBe(false)
    }
  })

  test('or key that is malformed is false, never an error', () => {
    const keys = createSignKeys()
    const signature = signText(keys, 'x')
    for (const bad of ['', 'A', '!!', signature.slice(0, -2), `${signature}AA`]) {
      expect(verifyText(keys.publicKey, 'x', bad)).toBe(false)
    }
    for (const bad of ['', 'A', createSealKeys().publicKey, keys.publicKey.slice(2)]) {
      expect(verifyText(bad, 'x', signature)).toBe(false)
    }
  })

  test('is the one of RFC 8032 section 7.1, test 1', () => {
    const hex = (text: string) => Buffer.from(text, 'hex').toString('base64url')
    const keys = {
      privateKey: hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
      publicKey: hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
    }
    const right =
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'
    expect(Buffer.from(signText(keys, ''), 'base64url').toString('hex')).toBe(right)
  })
})

import { describe, expect, test } from 'vitest'
import { readSettings } from './config.ts'

describe('settings', () => {
  test('defaults listen on loopback only', () => {
    expect(readSettings({ BITHIVE_OPERATOR_JURISDICTION: 'sample' })).toMatchObject({
      BITHIVE_HOST: '127.0.0.1',
      BITHIVE_PORT: 8080,
      BITHIVE_DATA_DIR: '.bithive',
      jurisdiction: 'sample',
    })
  })

  test.each([
    [{}, 'config.jurisdiction-required'],
    [{ BITHIVE_OPERATOR_JURISDICTION: 'sample', BITHIVE_PROT: '1' }, 'config.unknown-setting'],
    [{ BITHIVE_OPERATOR_JURISDICTION: 'sample', BITHIVE_PORT: 'http' }, 'config.invalid'],
    [{ BITHIVE_OPERATOR_JURISDICTION: 'sample', BITHIVE_HOST: '0.0.0.0' }, 'config.sample-not-public'],
    [{ BITHIVE_OPERATOR_JURISDICTION: 'cn', BITHIVE_HOST: '0.0.0.0' }, 'config.tls-required'],
    [{ BITHIVE_OPERATOR_JURISDICTION: 'cn', BITHIVE_TLS_CERT_FILE: 'cert.pem' }, 'config.invalid'],
  ])('%j is refused with %s', (env, code) => {
    expect(() => readSettings(env)).toThrowError(expect.objectContaining({ code }))
  })

  test('a trusted proxy or TLS files open other addresses to a real jurisdiction', () => {
    const open = { BITHIVE_OPERATOR_JURISDICTION: 'cn', BITHIVE_HOST: '0.0.0.0' }
    expect(readSettings({ ...open, BITHIVE_TRUSTED_PROXIES: '127.0.0.1, ::1' }).BITHIVE_TRUSTED_PROXIES).toEqual([
      '127.0.0.1',
      '::1',
    ])
    expect(readSettings({ ...open, BITHIVE_TLS_CERT_FILE: 'a', BITHIVE_TLS_KEY_FILE: 'b' }).jurisdiction).toBe('cn')
  })
})

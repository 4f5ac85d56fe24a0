import { isDomainError } from '@bithive/kernel/errors'
import { expect, test } from 'vitest'
import { parseHubAddress } from './hub-address.ts'

const codeOf = (url: string): string => {
  try {
    return parseHubAddress(url).socket
  } catch (error) {
    return isDomainError(error) ? error.code : String(error)
  }
}

test.each([
  ['https://hub.example', 'wss://hub.example/hub/v1/nodes/connect'],
  ['wss://hub.example:8443/', 'wss://hub.example:8443/hub/v1/nodes/connect'],
  ['https://hub.example/base/', 'wss://hub.example/base/hub/v1/nodes/connect'],
  ['http://127.0.0.1:8080', 'ws://127.0.0.1:8080/hub/v1/nodes/connect'],
  ['http://localhost:8080', 'ws://localhost:8080/hub/v1/nodes/connect'],
  ['http://[::1]:8080', 'ws://[::1]:8080/hub/v1/nodes/connect'],
])('%s is dialled at %s', (url, socket) => {
  expect(codeOf(url)).toBe(socket)
})

test.each([
  'http://hub.example',
  'ws://10.0.0.1:8080',
  'http://192.168.0.1',
  'http://127.0.0.1.example',
  'http://localhost.example',
  'ftp://127.0.0.1',
])('%s is refused, because what is sent there could be read on the way', (url) => {
  expect(codeOf(url)).toBe('node.hub-not-secure')
})

test.each(['', 'hub.example', 'https://user:password@hub.example'])('%s is no address of a hub', (url) => {
  expect(codeOf(url)).toBe('node.bad-options')
})

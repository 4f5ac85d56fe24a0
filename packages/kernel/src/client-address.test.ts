import { describe, expect, test } from 'vitest'
import { budgetOf, clientAddress } from './client-address.ts'

describe('the caller’s address', () => {
  test.each([
    ['a stranger is believed nothing', '203.0.113.9', '1.2.3.4', [], '203.0.113.9'],
    ['nor one who is not in the list', '203.0.113.9', '1.2.3.4', ['10.0.0.1'], '203.0.113.9'],
    ['a trusted proxy names its client', '10.0.0.1', '198.51.100.7', ['10.0.0.1'], '198.51.100.7'],
    ['what the client wrote before is not believed', '10.0.0.1', '6.6.6.6, 198.51.100.7', ['10.0.0.1'], '198.51.100.7'],
    [
      'proxies in a row are passed',
      '10.0.0.1',
      '6.6.6.6, 198.51.100.7, 10.0.0.2',
      ['10.0.0.1', '10.0.0.2'],
      '198.51.100.7',
    ],
    ['a proxy calling for itself is itself', '10.0.0.1', undefined, ['10.0.0.1'], '10.0.0.1'],
    ['an empty header is no address', '10.0.0.1', '', ['10.0.0.1'], '10.0.0.1'],
    ['nor is a word', '10.0.0.1', 'unknown', ['10.0.0.1'], '10.0.0.1'],
    ['IPv4 on an IPv6 socket is IPv4', '::ffff:10.0.0.1', '198.51.100.7', ['10.0.0.1'], '198.51.100.7'],
    ['no socket is this process', undefined, '198.51.100.7', [], 'local'],
  ])('%s', (_claim, peer, forwarded, trusted, address) => {
    expect(clientAddress(peer, forwarded, trusted)).toBe(address)
  })

  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::99', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['local', 'local'],
  ])('%s shares the budget of %s', (address, budget) => {
    expect(budgetOf(address)).toBe(budget)
  })
})

import { expect, test } from 'vitest'
import { allow, deny, systemActor } from './actor.ts'
import { emptyRoom } from './room.ts'

test('a policy allows, or denies with its reason', () => {
  expect([allow, deny('not-yours')]).toEqual([{ ok: true }, { ok: false, reason: 'not-yours' }])
})

test('the process acts in its own name, or in that of one organisation', () => {
  expect(systemActor()).toEqual({ id: 'system', kind: 'system', orgId: 'system', roles: ['system'] })
  expect(systemActor('org_a').orgId).toBe('org_a')
})

test('a room that is not built has a name and nothing that could be mounted', () => {
  expect(emptyRoom('exchange')).toEqual({ name: 'exchange' })
})

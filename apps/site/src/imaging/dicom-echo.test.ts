import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoPeer } from './dicom-echo.ts'
import { createReceiver, RECEIVER_DEFAULTS, type ReceiverMessage } from './receiver.ts'

const directory = mkdtempSync(join(tmpdir(), 'bithive-echo-'))
const heard: Extract<ReceiverMessage, { type: 'heard' }>[] = []
const receiver = createReceiver({
  config: { ...RECEIVER_DEFAULTS, directory, peers: [{ aeTitle: 'CT1', addresses: ['127.0.0.1'] }] },
  log: silentLog,
  clock: systemClock,
  onQueued: () => {},
  onHeard: (one) => void heard.push(one),
})
let port = 0
beforeAll(async () => {
  port = (await receiver.start()).port
})
afterAll(async () => {
  await receiver.stop()
  rmSync(directory, { recursive: true, force: true })
})

const echo = (callingAe: string, at = port, calledAe = 'BITHIVE') =>
  echoPeer({ host: '127.0.0.1', port: at, callingAe, calledAe, timeoutMs: 1_500 })

describe('an echo', () => {
  test('is answered by a peer that lets us in, which hears who called', async () => {
    expect(await echo('CT1')).toBe('answered')
    expect(heard.at(-1)).toEqual({ type: 'heard', act: 'echo', aeTitle: 'CT1', address: '127.0.0.1' })
  })

  test('is refused to a stranger and under a wrong name, and the refused one is heard too', async () => {
    expect(await echo('STRANGER')).toBe('refused')
    expect(heard.at(-1)).toMatchObject({ act: 'refused', aeTitle: 'STRANGER' })
    expect(await echo('CT1', port, 'OTHER')).toBe('refused')
  })

  test('gives up on a port that takes the call and is silent, and on a closed one', async () => {
    const silent = createServer((socket) => socket.on('error', () => {}).resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port: taken } = silent.address() as { port: number }
    expect(await echo('CT1', taken)).toBe('unreachable')
    await new Promise((resolve) => silent.close(resolve))
    expect(await echo('CT1', taken)).toBe('unreachable')
  })
})

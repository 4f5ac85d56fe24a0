import { describe, expect, test } from 'vitest'
import { ORDER_LIFECYCLE } from '../../site/src/orders/lifecycle.ts'
import { nodeLine } from './node-lines.ts'
import { stepLines } from './order-steps.ts'

const step = (stage: string, facts: Record<string, unknown>) => ({ stage, at: 0, sinceOrderedMs: 1_234, facts })
const sha = 'b248d5986ebccb6450f315388926fba04c589957cfa32a00fbe13a48e4d9f1fc'

describe('a step of an order', () => {
  test('says when, what and the facts that a person can use; hashes and ids stay out', () => {
    const facts = { images: 1, inputBytes: 250_450, inputSha256: sha, nodeId: 'node_1', epoch: 1 }
    expect(stepLines(step('prepared', facts), 'zh')).toBe(
      '    1.23 秒  已去标识并打包                  1 幅，244.6 KiB',
    )
    expect(stepLines(step('prepared', facts), 'en')).toBe(
      '    1.23 s   de-identified and packed        1 image, 244.6 KiB',
    )
  })

  test('names the node, its owner, region and price, and later attempts', () => {
    const facts = { nodeName: 'home-1', ownerKind: 'home', region: 'chengdu', priceQuoted: '0.90', epoch: 2 }
    expect(stepLines(step('leased', facts), 'en')).toContain('home-1, home, chengdu, quoted 0.90 CNY, attempt 2')
    expect(stepLines(step('leased', facts), 'zh')).toContain('home-1，家庭，chengdu，报价 0.90 CNY，第 2 轮')
  })

  test('shows money one line a part, aligned', () => {
    const money = [
      { part: 'base-pay', asset: 'BTT', amount: '1.530000', toName: '林晓家', toOrgId: 'org_1' },
      { part: 'refund', asset: 'BTT', amount: '98.200000', toOrgId: 'org_2' },
    ]
    expect(stepLines(step('settled', { money }), 'zh').split('\n').slice(1)).toEqual([
      '              算力报酬            1.530000 BTT → 林晓家',
      '              退回余额           98.200000 BTT',
    ])
    expect(stepLines(step('settled', { money: 'later' }), 'zh').split('\n')).toHaveLength(1)
  })

  test('of a stage that is new to the command is shown by its code', () => {
    expect(stepLines(step('constructor', {}), 'en')).toBe('    1.23 s   constructor')
  })

  test.each(Object.keys(ORDER_LIFECYCLE).filter((state) => state !== 'preparing'))(
    '«%s» has words in both languages',
    (stage) => {
      expect(stepLines(step(stage, {}), 'zh')).toMatch(/\p{Script=Han}\s*\S*$/u)
      expect(stepLines(step(stage, {}), 'en')).toMatch(/^ {4}1\.23 s {3}[a-z]/)
    },
  )
})

describe('what a node does', () => {
  const job = { event: 'job', jobId: 'job_1', epoch: 1, workload: 'imaging.ct.lung-density' } as const

  test('is told in the person’s language, never as JSON', () => {
    expect(nodeLine({ ...job, state: 'running' }, 'zh')).toBe('正在计算：imaging.ct.lung-density job_1')
    expect(nodeLine({ ...job, state: 'declined', code: 'node.busy' }, 'en')).toBe(
      'declined a job: imaging.ct.lung-density job_1 (node.busy)',
    )
    expect(nodeLine({ event: 'settled', jobId: 'job_1', asset: 'BTT', amount: '1.53' }, 'en')).toBe('earned 1.53 BTT')
    expect(nodeLine({ event: 'wiped', files: 3, bytes: 9, left: 0 }, 'zh')).toBe('临时文件已清除：3 个，剩余 0 个')
    const statement = { zh: '不隔离网络', en: 'isolates nothing' }
    expect(nodeLine({ event: 'started', sandbox: 'process', statement }, 'en')).toBe('isolates nothing')
    expect(nodeLine({ event: 'failed', code: 'node.x', zh: '失败', en: 'failed' }, 'zh')).toBe('失败 (node.x)')
  })

  test('has words for every state of a job and every event', () => {
    for (const state of ['accepted', 'declined', 'running', 'returned', 'failed', 'revoked'] as const) {
      expect(nodeLine({ ...job, state }, 'zh')).toMatch(/^\p{Script=Han}+：/u)
      expect(nodeLine({ ...job, state }, 'en')).not.toMatch(new RegExp(`^${state}:`))
    }
    const events = [
      { event: 'joined', nodeId: 'node_1' },
      { event: 'ready', nodeId: 'node_1', onnx: true },
      { event: 'disconnected' },
      { event: 'draining' },
      { event: 'stopped' },
    ] as const
    for (const event of events) {
      expect(nodeLine(event, 'zh')).toMatch(/\p{Script=Han}/u)
      expect(nodeLine(event, 'en')).toMatch(/^[a-z ,:_0-9]+$/)
    }
  })
})

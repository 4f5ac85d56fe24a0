import { expect, test } from 'vitest'
import { textsIn } from '../shared/texts.ts'
import { factTexts, stepFacts } from './step-facts.ts'

const facts = {
  nodeId: 'node_1',
  nodeName: '天府二号',
  ownerKind: 'home',
  epoch: 1,
  priceQuoted: '0.60',
  placement: [],
}

test('what was recorded of a step is said in words with its unit; names of fields and ids are not shown', () => {
  expect(stepFacts(facts, 'CNY', textsIn(factTexts, 'zh'), 'zh')).toBe('天府二号 · 家庭节点 · 节点报价 ¥0.60')
  expect(stepFacts(facts, 'CNY', textsIn(factTexts, 'en'), 'en')).toBe(
    '天府二号 · a home’s node · price of the node ¥0.60',
  )
  expect(stepFacts({ by: 'usr_1', workload: 'imaging.ct' }, 'CNY', textsIn(factTexts, 'en'), 'en')).toBe('')
})

import { defineErrors } from '@bithive/kernel/errors'
import { statementErrorEntries } from './statement-errors.ts'

/** Every reason why the treasury does not act. Facts carry assets, amounts, ages and names of sources only. */
export const treasuryErrors = defineErrors('treasury', {
  ...statementErrorEntries,
  'bad-rate': {
    status: 422,
    retryable: false,
    zh: {
      title: '汇率写法不正确',
      notDone: '汇率没有改动。',
      todo: '请写大于 0 的小数，最多 12 位整数、8 位小数。',
    },
    en: {
      title: 'The rate is not written correctly',
      notDone: 'The rate was not changed.',
      todo: 'Write a decimal above 0 with at most 12 digits and 8 decimals.',
    },
  },
  'no-pair': {
    status: 404,
    retryable: false,
    zh: { title: '这两种资产不能互相兑换', notDone: '没有兑换。', todo: '请从列出的币种对中选择。' },
    en: {
      title: 'These two assets are not converted here',
      notDone: 'Nothing was converted.',
      todo: 'Choose one of the pairs that are listed.',
    },
  },
  'rate-stopped': {
    status: 503,
    retryable: true,
    zh: {
      title: '汇率目前不可用，兑换已暂停',
      notDone: '没有兑换，您的余额不变。',
      todo: '请稍后再试。原因已列出，运营方正在处理。',
    },
    en: {
      title: 'There is no rate to rely on, so conversion is stopped',
      notDone: 'Nothing was converted; your balance is as it was.',
      todo: 'Try again later. The reason is given; the operator sees it too.',
    },
  },
  'too-small': {
    status: 422,
    retryable: false,
    zh: { title: '金额太小，换不到一个最小单位', notDone: '没有兑换。', todo: '请加大金额。' },
    en: {
      title: 'The amount is too small to buy one unit',
      notDone: 'Nothing was converted.',
      todo: 'Use a larger amount.',
    },
  },
  'over-cap': {
    status: 422,
    retryable: true,
    zh: { title: '超过兑换限额', notDone: '没有兑换。', todo: '请减少金额，或在限额恢复后再试。' },
    en: {
      title: 'This is over the limit for conversions',
      notDone: 'Nothing was converted.',
      todo: 'Convert less, or wait until the limit is free again.',
    },
  },
  'insufficient-funds': {
    status: 409,
    retryable: false,
    zh: { title: '余额不足', notDone: '没有发生任何记账。', todo: '请减少金额，或先充值。' },
    en: {
      title: 'The funds do not suffice',
      notDone: 'Nothing was booked.',
      todo: 'Use a smaller amount, or add money first.',
    },
  },
  'desk-short': {
    status: 503,
    retryable: true,
    zh: { title: '兑换台的存量不足', notDone: '没有兑换。', todo: '请减少金额，或稍后再试。' },
    en: {
      title: 'The desk does not hold enough of what you want',
      notDone: 'Nothing was converted.',
      todo: 'Convert less, or try again later.',
    },
  },
  'quote-expired': {
    status: 410,
    retryable: false,
    zh: { title: '报价已过期', notDone: '没有兑换，您的余额不变。', todo: '请重新询价。' },
    en: {
      title: 'The quote has expired',
      notDone: 'Nothing was converted; your balance is as it was.',
      todo: 'Ask for a new quote.',
    },
  },
  'genesis-done': {
    status: 409,
    retryable: false,
    zh: {
      title: '创世分配只做一次，已经完成',
      notDone: '没有发行任何代币。',
      todo: '已记录的分配文件见「供应」。',
    },
    en: {
      title: 'The genesis allocation is made once, and has been made',
      notDone: 'Nothing was issued.',
      todo: 'See the supply page for the document that stands.',
    },
  },
  'proposal-closed': {
    status: 409,
    retryable: false,
    zh: { title: '这项提议已有决定', notDone: '没有再次执行。', todo: '请查看提议的结果。' },
    en: {
      title: 'This proposal has been decided',
      notDone: 'It was not carried out again.',
      todo: 'Look at how it ended.',
    },
  },
  'needs-second-person': {
    status: 403,
    retryable: false,
    zh: { title: '须由另一人批准', notDone: '提议仍在等待。', todo: '请由提出人以外的人决定。' },
    en: {
      title: 'A second person must decide this',
      notDone: 'The proposal still waits.',
      todo: 'Let someone other than the proposer decide.',
    },
  },
  'bad-proposal': {
    status: 422,
    retryable: false,
    zh: { title: '提议的内容不成立', notDone: '没有提交提议。', todo: '请按所示字段更正。' },
    en: {
      title: 'The proposal cannot be carried out as it is',
      notDone: 'It was not made.',
      todo: 'Correct the field that is named.',
    },
  },
  'not-revocable': {
    status: 409,
    retryable: false,
    zh: { title: '这份授予不可撤销', notDone: '授予照旧。', todo: '不可撤销的授予按计划释放到底。' },
    en: {
      title: 'This grant cannot be revoked',
      notDone: 'The grant stands.',
      todo: 'A grant that is not revocable is released to its end.',
    },
  },
  'no-bank-account': {
    status: 409,
    retryable: true,
    zh: { title: '还没有登记收款账户', notDone: '没有给出付款参考号。', todo: '请等运营方登记银行账户。' },
    en: {
      title: 'No bank account is registered yet',
      notDone: 'No payment reference was given.',
      todo: 'Wait until the operator has registered one.',
    },
  },
})

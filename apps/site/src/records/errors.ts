import { defineErrors } from '@bithive/kernel/errors'

export const recordErrors = defineErrors('records', {
  unknown: {
    status: 404,
    retryable: false,
    zh: { title: '您的资料里没有这一项', notDone: '没有读出任何内容。', todo: '请从列表重新打开。' },
    en: {
      title: 'There is no such thing in your records',
      notDone: 'Nothing was read.',
      todo: 'Open it from the list.',
    },
  },
  'wallet-code': {
    status: 422,
    retryable: false,
    zh: {
      title: '这个连接码不能用',
      notDone: '钱包没有连接。',
      todo: '请到网络的钱包页重新取一个连接码，完整地粘贴在这里。',
    },
    en: {
      title: 'This connection code does not work',
      notDone: 'The wallet was not connected.',
      todo: "Get a new code on the network's wallet page and paste the whole of it here.",
    },
  },
  'wallet-too-strong': {
    status: 422,
    retryable: false,
    zh: {
      title: '这个连接码能做的事太多',
      notDone: '钱包没有连接，连接码没有保存。',
      todo: '请取一个只能查看余额的连接码，并在网络那边作废这一个。',
    },
    en: {
      title: 'This code can do more than read',
      notDone: 'The wallet was not connected. The code was not kept.',
      todo: 'Get a code that only reads, and revoke this one at the network.',
    },
  },
  'wallet-not-personal': {
    status: 422,
    retryable: false,
    zh: {
      title: '这不是您个人的钱包',
      notDone: '钱包没有连接，连接码没有保存。',
      todo: '请用您本人账户的连接码，机构的钱包不能连接到这里。',
    },
    en: {
      title: 'This is not a wallet of your own',
      notDone: 'The wallet was not connected. The code was not kept.',
      todo: "Use the code of your own account. An organisation's wallet cannot be connected here.",
    },
  },
  'network-unreachable': {
    status: 503,
    retryable: true,
    zh: { title: '现在连不上网络', notDone: '钱包没有连接，没有任何变动。', todo: '请稍后再试。' },
    en: {
      title: 'The network cannot be reached now',
      notDone: 'The wallet was not connected. Nothing changed.',
      todo: 'Try again shortly.',
    },
  },
})

import { defineErrors } from '@bithive/kernel/errors'

export const networkErrors = defineErrors('network', {
  'hub-unreachable': {
    status: 503,
    retryable: true,
    zh: {
      title: '连接不到网络枢纽',
      notDone: '没有取得网络一侧的信息，也没有提交任何操作。',
      todo: '本院的影像和报告不受影响。请检查网络，稍后重试。',
    },
    en: {
      title: "The network's hub cannot be reached",
      notDone: 'Nothing was read from the network and nothing was submitted to it.',
      todo: "This hospital's own images and reports are not affected. Check the network, then try again.",
    },
  },
  'outcome-unknown': {
    status: 504,
    retryable: false,
    zh: {
      title: '不清楚枢纽是否已收到',
      notDone: '请求发出后没有收到答复，可能已经执行。',
      todo: '请先查看最新状态，再决定是否重做。',
    },
    en: {
      title: 'It is not known whether the hub received it',
      notDone: 'The request was sent and no answer came. It may have been done.',
      todo: 'Look at the present state before doing it again.',
    },
  },
  'site-not-known': {
    status: 502,
    retryable: false,
    zh: {
      title: '枢纽不认识本院的站点令牌',
      notDone: '没有取得网络一侧的信息。',
      todo: '请管理员向网络运营者申请新的站点令牌。',
    },
    en: {
      title: "The hub does not know this site's token",
      notDone: 'Nothing was read from the network.',
      todo: "Ask the administrator to get a new site token from the network's operator.",
    },
  },
  'answer-invalid': {
    status: 502,
    retryable: true,
    zh: { title: '枢纽的答复无法理解', notDone: '没有采用这份答复。', todo: '请检查两端版本是否一致。' },
    en: {
      title: "The hub's answer cannot be understood",
      notDone: 'The answer was not used.',
      todo: 'Check that hub and site run matching versions.',
    },
  },
})

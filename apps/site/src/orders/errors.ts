import { defineErrors } from '@bithive/kernel/errors'

export const orderErrors = defineErrors('orders', {
  unknown: {
    status: 404,
    retryable: false,
    zh: { title: '没有这份订单', notDone: '没有执行任何操作。', todo: '请从列表重新打开。' },
    en: { title: 'No such order', notDone: 'Nothing was done.', todo: 'Open it from the list again.' },
  },
  'unknown-series': {
    status: 404,
    retryable: false,
    zh: { title: '没有这个序列', notDone: '没有下单。', todo: '请从检查列表重新选择。' },
    en: { title: 'No such series', notDone: 'Nothing was ordered.', todo: 'Choose it from the studies again.' },
  },
  'unknown-workload': {
    status: 404,
    retryable: false,
    zh: { title: '没有这种分析', notDone: '没有下单。', todo: '请从可用的分析中选择。' },
    en: { title: 'No such workload', notDone: 'Nothing was ordered.', todo: 'Choose one of the workloads offered.' },
  },
  'wrong-modality': {
    status: 422,
    retryable: false,
    zh: { title: '这种分析不适用于该影像', notDone: '没有下单。', todo: '请选择适用于该设备类型的分析。' },
    en: {
      title: 'The workload is not made for this kind of image',
      notDone: 'Nothing was ordered.',
      todo: 'Choose a workload for this modality.',
    },
  },
  'not-allowed': {
    status: 403,
    retryable: false,
    zh: {
      title: '没有允许这样使用的同意',
      notDone: '没有任何数据离开本院。',
      todo: '请先登记患者的同意，再重新下单。',
    },
    en: {
      title: 'No consent allows this use',
      notDone: 'Nothing left this hospital.',
      todo: "Record the patient's consent first, then order again.",
    },
  },
  refused: {
    status: 409,
    retryable: false,
    zh: {
      title: '订单没有被接受',
      notDone: '没有任何数据离开本院，也没有付款。',
      todo: '请查看原因，处理后重新下单。',
    },
    en: {
      title: 'The order was not accepted',
      notDone: 'Nothing left this hospital and nothing was paid.',
      todo: 'Read the reason, deal with it, then order again.',
    },
  },
  'person-forgotten': {
    status: 410,
    retryable: false,
    zh: { title: '患者资料已删除', notDone: '订单已撤回，没有归档任何结果。', todo: '无需处理。' },
    en: {
      title: 'The patient was forgotten',
      notDone: 'The order was withdrawn and no result was filed.',
      todo: 'Nothing needs to be done.',
    },
  },
  'hub-unreachable': {
    status: 503,
    retryable: true,
    zh: {
      title: '连接不到枢纽',
      notDone: '请求没有送达；订单已保存，会自动重试。',
      todo: '请检查网络；不需要重新下单。',
    },
    en: {
      title: 'The hub cannot be reached',
      notDone: 'The request did not arrive. The order is kept and will be sent again.',
      todo: 'Check the network. Do not order again.',
    },
  },
  'outcome-unknown': {
    status: 504,
    retryable: true,
    zh: {
      title: '不清楚枢纽是否已收到',
      notDone: '还没有确认；会用同一编号再次询问，不会重复下单。',
      todo: '请稍候。',
    },
    en: {
      title: 'It is not known whether the hub received it',
      notDone: 'Nothing is confirmed yet. The same id will be asked for again, so nothing is ordered twice.',
      todo: 'Wait a moment.',
    },
  },
  'hub-refused': {
    status: 409,
    retryable: false,
    zh: { title: '枢纽拒绝了请求', notDone: '没有执行。', todo: '请查看枢纽给出的原因。' },
    en: { title: 'The hub refused', notDone: 'It was not done.', todo: "Read the hub's reason." },
  },
  'hub-answer-invalid': {
    status: 502,
    retryable: true,
    zh: { title: '枢纽的答复无法理解', notDone: '没有采用这份答复。', todo: '请检查两端版本是否一致。' },
    en: {
      title: "The hub's answer cannot be understood",
      notDone: 'The answer was not used.',
      todo: 'Check that hub and site run matching versions.',
    },
  },
  'result-refused': {
    status: 422,
    retryable: false,
    zh: { title: '结果没有通过核对', notDone: '结果没有归档，也没有付款；工作会交给其他节点。', todo: '请稍候。' },
    en: {
      title: 'The result did not pass the check',
      notDone: 'It was neither filed nor paid for. The work goes to another node.',
      todo: 'Wait for the next result.',
    },
  },
  'changed-meanwhile': {
    status: 409,
    retryable: true,
    zh: { title: '订单刚刚有变动', notDone: '这一步没有执行。', todo: '请重新查看订单。' },
    en: {
      title: 'The order changed just now',
      notDone: 'This step was not done.',
      todo: 'Look at the order again.',
    },
  },
  'too-late': {
    status: 409,
    retryable: false,
    zh: { title: '已经不能取消', notDone: '订单没有变动。', todo: '结果已归档或订单已结束。' },
    en: {
      title: 'It is too late to cancel',
      notDone: 'The order was not changed.',
      todo: 'The result is filed or the order has ended.',
    },
  },
})

import { defineErrors } from '@bithive/kernel/errors'
import { nodeErrorEntries } from './node-errors.ts'

/** What may go wrong between ordering a job and paying for it. */
export const computeErrors = defineErrors('compute', {
  ...nodeErrorEntries,
  'unknown-workload': {
    status: 422,
    retryable: false,
    zh: { title: '没有这个分析程序或版本', notDone: '没有下单，也没有冻结金额。', todo: '请从模型列表中选择。' },
    en: {
      title: 'There is no such workload or version',
      notDone: 'Nothing was ordered and nothing was held.',
      todo: 'Choose one from the list of models.',
    },
  },
  'wrong-data-class': {
    status: 422,
    retryable: false,
    zh: {
      title: '数据类别与分析程序不符',
      notDone: '没有下单，也没有冻结金额。',
      todo: '请选择适用于该类数据的程序。',
    },
    en: {
      title: 'The workload does not take this class of data',
      notDone: 'Nothing was ordered and nothing was held.',
      todo: 'Choose a workload made for it.',
    },
  },
  'insufficient-funds': {
    status: 409,
    retryable: false,
    zh: { title: '余额不足', notDone: '没有下单，也没有冻结金额。', todo: '请充值，或降低最高价后重试。' },
    en: {
      title: 'Not enough money',
      notDone: 'Nothing was ordered and nothing was held.',
      todo: 'Add money, or order at a lower price limit.',
    },
  },
  'request-conflict': {
    status: 409,
    retryable: false,
    zh: { title: '同一请求编号的内容不同', notDone: '原订单没有改动，也没有新订单。', todo: '请用新的请求编号下单。' },
    en: {
      title: 'This request id was used for another order',
      notDone: 'The earlier order stands; there is no new one.',
      todo: 'Order again with a new request id.',
    },
  },
  'too-many-open-jobs': {
    status: 429,
    retryable: true,
    zh: { title: '未完成的任务太多', notDone: '没有下单，也没有冻结金额。', todo: '请等部分任务完成后再下单。' },
    en: {
      title: 'Too many jobs are open',
      notDone: 'Nothing was ordered and nothing was held.',
      todo: 'Wait until some are finished, then order again.',
    },
  },
  'wrong-state': {
    status: 409,
    retryable: false,
    zh: { title: '任务当前的状态不允许此操作', notDone: '任务没有改动。', todo: '请查看任务的最新状态。' },
    en: {
      title: 'The job is not in a state that allows this',
      notDone: 'The job was not changed.',
      todo: "Look at the job's latest state.",
    },
  },
  'stale-epoch': {
    status: 409,
    retryable: false,
    zh: {
      title: '这份租约已被新的取代',
      notDone: '内容没有采用，也不会付款。',
      todo: '请读取任务，按最新的租约处理。',
    },
    en: {
      title: 'This lease was replaced by a newer one',
      notDone: 'The content was not used and will not be paid for.',
      todo: 'Read the job and follow its latest lease.',
    },
  },
  'input-differs': {
    status: 409,
    retryable: false,
    zh: { title: '该租约已有另一份输入', notDone: '新的输入没有采用。', todo: '请查看任务的最新状态。' },
    en: {
      title: 'This lease already has another input',
      notDone: 'The new input was not used.',
      todo: "Look at the job's latest state.",
    },
  },
  'no-result': {
    status: 404,
    retryable: true,
    zh: { title: '还没有结果', notDone: '没有可下载的内容。', todo: '请等任务返回结果后再取。' },
    en: { title: 'There is no result yet', notDone: 'Nothing was sent.', todo: 'Fetch it once the job has returned.' },
  },
  'result-differs': {
    status: 409,
    retryable: false,
    zh: { title: '确认的不是这份结果', notDone: '没有付款。', todo: '请重新下载结果并核对后再确认。' },
    en: {
      title: 'Another result was accepted than the one that lies here',
      notDone: 'Nothing was paid.',
      todo: 'Fetch the result again, check it, then accept it.',
    },
  },
  'no-node-in-time': {
    status: 503,
    retryable: true,
    zh: {
      title: '在规定时间内没有可用的节点',
      notDone: '任务没有完成，冻结金额已退回。',
      todo: '请查看原因，放宽条件后重新下单。',
    },
    en: {
      title: 'No node was free in time',
      notDone: 'The job was not computed; the hold was given back.',
      todo: 'Look at the reasons, relax a condition, and order again.',
    },
  },
  'attempts-used-up': {
    status: 502,
    retryable: true,
    zh: {
      title: '多个节点都未能完成',
      notDone: '任务没有完成，冻结金额已退回。',
      todo: '请稍后重新下单，或联系运营者。',
    },
    en: {
      title: 'Several nodes failed to compute it',
      notDone: 'The job was not computed; the hold was given back.',
      todo: 'Order again later, or ask the operator.',
    },
  },
  'answer-missing': {
    status: 504,
    retryable: false,
    zh: {
      title: '医院没有确认结果',
      notDone: '没有付款也没有退款，金额仍冻结。',
      todo: '请医院核对结果，或由运营者决定。',
    },
    en: {
      title: 'The site did not answer the result',
      notDone: 'Nothing was paid and nothing given back: the money stays on hold.',
      todo: 'The site should check the result, or the operator decides.',
    },
  },
})

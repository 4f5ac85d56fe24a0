import { defineErrors } from '@bithive/kernel/errors'

export const consentErrors = defineErrors('consent', {
  unknown: {
    status: 404,
    retryable: false,
    zh: { title: '没有这份同意', notDone: '没有执行任何操作。', todo: '请从列表重新打开。' },
    en: { title: 'No such consent', notDone: 'Nothing was done.', todo: 'Open it from the list again.' },
  },
  'unknown-person': {
    status: 404,
    retryable: false,
    zh: { title: '没有这个人', notDone: '没有记录同意。', todo: '请检查编号；已删除资料的人不能再登记同意。' },
    en: {
      title: 'No such person',
      notDone: 'No consent was recorded.',
      todo: 'Check the id. A person who was forgotten cannot be given a consent.',
    },
  },
  'bad-period': {
    status: 422,
    retryable: false,
    zh: {
      title: '同意的起止时间不正确',
      notDone: '没有记录同意。',
      todo: '请填写晚于开始时间、且尚未过去的结束时间。',
    },
    en: {
      title: 'The period of the consent is not right',
      notDone: 'No consent was recorded.',
      todo: 'Give an end that is after the start and not in the past.',
    },
  },
})

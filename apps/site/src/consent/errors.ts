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
  'unknown-request': {
    status: 404,
    retryable: false,
    zh: { title: '没有这份征求', notDone: '没有执行任何操作。', todo: '请从列表重新打开。' },
    en: { title: 'No such request', notDone: 'Nothing was done.', todo: 'Open it from the list again.' },
  },
  'already-answered': {
    status: 409,
    retryable: false,
    zh: {
      title: '这份征求已有答复，或已过期',
      notDone: '原来的答复没有改变。',
      todo: '请查看已有的答复；已经给出的同意可以随时撤回。',
    },
    en: {
      title: 'This request was answered already, or its time is over',
      notDone: 'The answer that stands was not changed.',
      todo: 'Look at the answer. A consent that was given can be withdrawn at any time.',
    },
  },
  'still-valid': {
    status: 409,
    retryable: false,
    zh: { title: '这份同意仍然有效', notDone: '没有再次登记。', todo: '不需要再做什么。' },
    en: { title: 'This consent still stands', notDone: 'Nothing was recorded again.', todo: 'There is nothing to do.' },
  },
})

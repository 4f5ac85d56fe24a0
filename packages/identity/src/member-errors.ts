import { defineErrors } from '@bithive/kernel/errors'

export const memberErrors = defineErrors('members', {
  'organisation-taken': {
    status: 409,
    retryable: false,
    zh: { title: '机构编号或短名已被使用', notDone: '没有建立机构。', todo: '请换一个短名。' },
    en: {
      title: 'The organisation id or short name is taken',
      notDone: 'The organisation was not created.',
      todo: 'Choose another short name.',
    },
  },
  'unknown-organisation': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这个机构', notDone: '没有改动。', todo: '请检查机构编号。' },
    en: { title: 'There is no such organisation', notDone: 'Nothing was changed.', todo: 'Check the organisation id.' },
  },
  'unknown-person': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这位人员', notDone: '没有改动。', todo: '请检查人员编号。' },
    en: { title: 'There is no such person', notDone: 'Nothing was changed.', todo: "Check the person's id." },
  },
})

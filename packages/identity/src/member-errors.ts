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
  'needs-invitation': {
    status: 409,
    retryable: false,
    zh: {
      title: '这位人员还不是本机构的成员',
      notDone: '没有授予角色：未经本人同意，不能把人加入机构。',
      todo: '请发出邀请，由本人接受。',
    },
    en: {
      title: 'This person is not a member of the organisation yet',
      notDone: 'No role was given: nobody becomes a member without agreeing to it.',
      todo: 'Send an invitation, which the person accepts.',
    },
  },
  'already-member': {
    status: 409,
    retryable: false,
    zh: { title: '您已经是该机构的成员', notDone: '没有改动，邀请仍然有效。', todo: '如需更改角色，请联系管理员。' },
    en: {
      title: 'You are a member of this organisation already',
      notDone: 'Nothing was changed, and the invitation was not used.',
      todo: 'Ask its administrator if your roles should change.',
    },
  },
  'invitation-unknown': {
    status: 404,
    retryable: false,
    zh: { title: '没有这个邀请码', notDone: '没有加入，也没有改动。', todo: '请核对邀请码，或请管理员重新发出。' },
    en: {
      title: 'There is no such code',
      notDone: 'Nobody was added and nothing was changed.',
      todo: 'Check the code, or ask the administrator for a new one.',
    },
  },
  'invitation-over': {
    status: 410,
    retryable: false,
    zh: {
      title: '这个邀请码已失效',
      notDone: '没有加入，也没有改动。',
      todo: '邀请码只能使用一次且有期限，请管理员重新发出。',
    },
    en: {
      title: 'This code no longer counts',
      notDone: 'Nobody was added and nothing was changed.',
      todo: 'A code is used once and runs out: ask the administrator for a new one.',
    },
  },
  'reset-alone': {
    status: 409,
    retryable: false,
    zh: {
      title: '您最近重置过此人的登录方式',
      notDone: '没有授予角色。',
      todo: '请由另一位管理员授予这些角色。',
    },
    en: {
      title: 'You reset the sign-in of this person lately',
      notDone: 'The roles were not given.',
      todo: 'Let another administrator give them.',
    },
  },
  'confirm-another': {
    status: 409,
    retryable: false,
    zh: {
      title: '须由另一个人确认',
      notDone: '角色仍未生效。',
      todo: '请由既未授予也不获得这些角色的人确认。',
    },
    en: {
      title: 'Another person has to confirm',
      notDone: 'The roles do not count yet.',
      todo: 'Let somebody confirm who neither gave these roles nor gets them.',
    },
  },
  'confirm-changed': {
    status: 409,
    retryable: false,
    zh: { title: '等待确认的角色已有变化', notDone: '没有确认。', todo: '请刷新页面，核对后再确认。' },
    en: {
      title: 'The roles that wait are others by now',
      notDone: 'Nothing was confirmed.',
      todo: 'Reload the page, look at them and confirm again.',
    },
  },
  'second-person-waits': {
    status: 409,
    retryable: false,
    zh: { title: '需要另一位管理员同意', notDone: '没有发出重置码。', todo: '请由另一位管理员批准。' },
    en: {
      title: 'Another administrator has to agree',
      notDone: 'No code was issued.',
      todo: 'Let another administrator approve it.',
    },
  },
})

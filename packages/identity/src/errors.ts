import { defineErrors } from '@bithive/kernel/errors'

export const signInErrors = defineErrors('sign-in', {
  'wrong-credentials': {
    status: 401,
    retryable: false,
    zh: { title: '账号或密码不对', notDone: '没有登录。', todo: '请检查账号和密码后再试。' },
    en: {
      title: 'The login or the password is wrong',
      notDone: 'You are not signed in.',
      todo: 'Check both, then try again.',
    },
  },
  'passkey-refused': {
    status: 401,
    retryable: false,
    zh: { title: '通行密钥没有通过验证', notDone: '没有登录，也没有改动。', todo: '请重新开始，或改用密码登录。' },
    en: {
      title: 'The passkey was not accepted',
      notDone: 'You are not signed in and nothing was changed.',
      todo: 'Start again, or sign in with your password.',
    },
  },
  'origin-refused': {
    status: 403,
    retryable: false,
    zh: { title: '请求来自其他网站', notDone: '没有执行任何操作。', todo: '请直接打开本系统的网址再操作。' },
    en: {
      title: 'The request came from another site',
      notDone: 'Nothing was done.',
      todo: "Open this system's own address and try again.",
    },
  },
  'sign-in-again': {
    status: 403,
    retryable: false,
    zh: { title: '请重新登录以确认是您本人', notDone: '没有改动。', todo: '请退出后重新登录，15 分钟内再操作。' },
    en: {
      title: 'Sign in again to confirm that it is you',
      notDone: 'Nothing was changed.',
      todo: 'Sign out and in, then do this within 15 minutes.',
    },
  },
  'wrong-current-password': {
    status: 403,
    retryable: false,
    zh: { title: '当前密码不对', notDone: '密码没有更改。', todo: '请重新输入当前密码。' },
    en: {
      title: 'The current password is wrong',
      notDone: 'The password was not changed.',
      todo: 'Enter your current password again.',
    },
  },
  'password-too-short': {
    status: 422,
    retryable: false,
    zh: { title: '密码太短', notDone: '没有保存。', todo: '请使用 12 到 256 个字符的密码。' },
    en: { title: 'The password is too short', notDone: 'Nothing was saved.', todo: 'Use 12 to 256 characters.' },
  },
  'login-not-usable': {
    status: 422,
    retryable: false,
    zh: { title: '这个账号名不能使用', notDone: '没有保存。', todo: '请使用邮箱，或 3 个以上的字母、数字、点和横线。' },
    en: {
      title: 'This login cannot be used',
      notDone: 'Nothing was saved.',
      todo: 'Use an e-mail address, or 3 or more letters, digits, dots and dashes.',
    },
  },
  'login-taken': {
    status: 409,
    retryable: false,
    zh: { title: '这个账号名已有人使用', notDone: '没有保存。', todo: '请换一个账号名。' },
    en: { title: 'This login is taken', notDone: 'Nothing was saved.', todo: 'Choose another one.' },
  },
  'no-such-user': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这个账号', notDone: '没有改动。', todo: '请检查账号后再试。' },
    en: {
      title: 'There is no such account',
      notDone: 'Nothing was changed.',
      todo: 'Check the account and try again.',
    },
  },
})

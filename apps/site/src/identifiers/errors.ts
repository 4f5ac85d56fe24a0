import { defineErrors } from '@bithive/kernel/errors'

export const identifierErrors = defineErrors('identifiers', {
  'no-patient-id': {
    status: 422,
    retryable: false,
    zh: { title: '没有患者编号', notDone: '内容没有归档。', todo: '请在设备上填写患者编号后重新发送。' },
    en: {
      title: 'There is no patient id',
      notDone: 'The content was not filed.',
      todo: 'Enter the patient id at the device, then send it again.',
    },
  },
  'unreadable-fields': {
    status: 422,
    retryable: false,
    zh: { title: '患者信息写法不正确', notDone: '内容没有归档。', todo: '请在设备上更正标出的项目后重新发送。' },
    en: {
      title: 'The patient fields are not written correctly',
      notDone: 'The content was not filed.',
      todo: 'Correct the named field at the device, then send it again.',
    },
  },
  conflict: {
    status: 409,
    retryable: false,
    zh: {
      title: '同一患者编号下的信息不一致',
      notDone: '没有归档，也没有合并；差异已经记录。',
      todo: '请核对患者身份，并在身份差异中作出决定后重新发送。',
    },
    en: {
      title: 'The same patient id came with different details',
      notDone: 'Nothing was filed or merged. The difference was recorded.',
      todo: 'Check who the patient is, decide the recorded difference, then send it again.',
    },
  },
  'unknown-person': {
    status: 404,
    retryable: false,
    zh: { title: '没有这个人', notDone: '没有执行任何操作。', todo: '请检查编号。' },
    en: { title: 'No such person', notDone: 'Nothing was done.', todo: 'Check the id.' },
  },
  forgotten: {
    status: 410,
    retryable: false,
    zh: { title: '此人的资料已删除', notDone: '没有可以显示的内容。', todo: '资料不能恢复；如需继续，请重新登记。' },
    en: {
      title: 'This person was forgotten',
      notDone: 'There is nothing to show.',
      todo: 'The data cannot come back. Register the person again if care goes on.',
    },
  },
  'unknown-conflict': {
    status: 404,
    retryable: false,
    zh: { title: '没有这条身份差异', notDone: '没有执行任何操作。', todo: '请从列表重新打开。' },
    en: { title: 'No such difference', notDone: 'Nothing was done.', todo: 'Open it from the list again.' },
  },
  'already-resolved': {
    status: 409,
    retryable: false,
    zh: { title: '这条身份差异已有决定', notDone: '原决定没有变动。', todo: '请查看已有的决定。' },
    en: {
      title: 'This difference was already decided',
      notDone: 'The decision stands.',
      todo: 'Look at the decision.',
    },
  },
  'wrong-code': {
    status: 422,
    retryable: false,
    zh: {
      title: '邀请码或出生日期不对',
      notDone: '账号没有与您的资料关联。',
      todo: '请对照医院给您的邀请码再输一次；邀请码三天内有效，只能用一次。',
    },
    en: {
      title: 'The code or the birth date is not right',
      notDone: 'Your account was not linked to your records.',
      todo: 'Check the code that the hospital gave you. It holds for three days and works once.',
    },
  },
  'too-many-tries': {
    status: 429,
    retryable: true,
    zh: {
      title: '试的次数太多了',
      notDone: '这次没有核对，账号没有关联。',
      todo: '请一小时后再试，或请医院给您一个新的邀请码。',
    },
    en: {
      title: 'Too many tries',
      notDone: 'This try was not checked. Your account was not linked.',
      todo: 'Try again in an hour, or ask the hospital for a new code.',
    },
  },
  'already-linked': {
    status: 409,
    retryable: false,
    zh: {
      title: '已经关联过了',
      notDone: '原来的关联没有改变。',
      todo: '如果关联错了，请医院先解除，再给您新的邀请码。',
    },
    en: {
      title: 'There is a link already',
      notDone: 'The link that stands was not changed.',
      todo: 'If it is wrong, the hospital removes it first and then gives a new code.',
    },
  },
  'no-birth-date': {
    status: 409,
    retryable: false,
    zh: {
      title: '登记资料中没有出生日期',
      notDone: '没有生成邀请码。',
      todo: '请先补全出生日期，患者领取时需要核对。',
    },
    en: {
      title: 'The record has no birth date',
      notDone: 'No code was made.',
      todo: 'Complete the birth date first: the patient is asked for it.',
    },
  },
  'not-linked': {
    status: 409,
    retryable: false,
    zh: {
      title: '您的账号还没有关联病历',
      notDone: '没有读出任何资料。',
      todo: '请在首页输入医院给您的邀请码。',
    },
    en: {
      title: 'Your account is not linked to your records yet',
      notDone: 'Nothing was read.',
      todo: 'Enter the code from the hospital on the home page.',
    },
  },
})

import { defineErrors } from '@bithive/kernel/errors'

export const operationsErrors = defineErrors('operations', {
  'setup-code-wrong': {
    status: 403,
    retryable: false,
    zh: {
      title: '安装码不对',
      notDone: '没有进行设置。',
      todo: '请查看启动程序的窗口里打印的安装码；每次只有最新的一个有效。',
    },
    en: {
      title: 'The setup code is wrong',
      notDone: 'Nothing was set up.',
      todo: 'Look at the window where the program was started: it printed the code.',
    },
  },
  'setup-over': {
    status: 409,
    retryable: false,
    zh: { title: '这里已经有管理员', notDone: '没有再建立一位。', todo: '请登录；其他人由管理员邀请。' },
    en: {
      title: 'This house has an administrator already',
      notDone: 'No other one was made.',
      todo: 'Sign in. Further people are invited by the administrator.',
    },
  },
  'organisation-first': {
    status: 409,
    retryable: true,
    zh: { title: '请先填写机构', notDone: '没有保存这一步。', todo: '请返回“您的机构”这一步。' },
    en: {
      title: 'The organisation comes first',
      notDone: 'This step was not saved.',
      todo: 'Go back to the step "Your organisation".',
    },
  },
  'not-in-a-house': {
    status: 404,
    retryable: false,
    zh: { title: '这个枢纽单独运行', notDone: '没有执行。', todo: '请用命令行管理备份与设置。' },
    en: {
      title: 'This hub runs alone',
      notDone: 'Nothing was done.',
      todo: 'Manage its backups and settings by the command.',
    },
  },
  'no-sample-money': {
    status: 409,
    retryable: false,
    zh: {
      title: '这里不发放示例款项',
      notDone: '没有入账。',
      todo: '正式法域下请通过银行转账充值，见“资金”页面。',
    },
    en: {
      title: 'No sample money is given here',
      notDone: 'Nothing was booked.',
      todo: 'Under real rules, pay in by bank transfer: see the treasury pages.',
    },
  },
  'backup-busy': {
    status: 409,
    retryable: true,
    zh: { title: '已有备份或演练在进行', notDone: '没有再开始一个。', todo: '请等它结束。' },
    en: {
      title: 'A backup or drill is under way',
      notDone: 'No other one was started.',
      todo: 'Wait until it has ended.',
    },
  },
  'no-such-backup': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这份备份', notDone: '没有开始演练。', todo: '请从列表重新选择。' },
    en: { title: 'There is no such backup', notDone: 'No drill was started.', todo: 'Choose it from the list again.' },
  },
  'folder-unusable': {
    status: 422,
    retryable: false,
    zh: {
      title: '这个文件夹不能用来备份',
      notDone: '没有更改备份位置。',
      todo: '请填写绝对路径，且运行本程序的用户可以写入；不要放在数据目录之内。',
    },
    en: {
      title: 'Backups cannot be kept in this folder',
      notDone: 'The place of the backups was not changed.',
      todo: 'Give an absolute path that this program may write to, outside the data folder.',
    },
  },
  'no-stop': {
    status: 404,
    retryable: false,
    zh: { title: '这里没有停付', notDone: '没有改动。', todo: '请刷新页面。' },
    en: { title: 'No stop stands there', notDone: 'Nothing was changed.', todo: 'Reload the page.' },
  },
  'no-proposal': {
    status: 409,
    retryable: false,
    zh: {
      title: '没有等待批准的此项解除申请',
      notDone: '付款仍然停止。',
      todo: '请刷新页面，核对申请；没有时先由一位运营者提出。',
    },
    en: {
      title: 'No such proposal to clear it waits',
      notDone: 'Payouts stay stopped.',
      todo: 'Reload the page and read the proposal; where there is none, one operator makes it, with the reason.',
    },
  },
})

import { defineErrors } from '@bithive/kernel/errors'

/** Every reason why the ledger does not book. Facts carry account and transfer ids, assets and amounts only. */
export const ledgerErrors = defineErrors('ledger', {
  'bad-transfer': {
    status: 422,
    retryable: false,
    zh: { title: '记账请求不正确', notDone: '没有发生任何记账。', todo: '请按所示字段更正后再提交。' },
    en: {
      title: 'The transfer is not valid',
      notDone: 'Nothing was booked.',
      todo: 'Correct the field that is named and send it again.',
    },
  },
  'cross-shard': {
    status: 422,
    retryable: false,
    zh: {
      title: '这组记账跨越了两个分片',
      notDone: '没有发生任何记账。',
      todo: '请使用同一分片上的子账户。',
    },
    en: {
      title: 'The chain spans two shards',
      notDone: 'Nothing was booked.',
      todo: 'Use the sub-accounts of one shard.',
    },
  },
  busy: {
    status: 429,
    retryable: true,
    zh: { title: '账本正忙', notDone: '没有发生任何记账。', todo: '请稍后用同一编号重试。' },
    en: {
      title: 'The ledger is busy',
      notDone: 'Nothing was booked.',
      todo: 'Try again in a moment with the same id.',
    },
  },
  unavailable: {
    status: 503,
    retryable: true,
    zh: { title: '账本数据库暂时不可用', notDone: '没有发生任何记账。', todo: '请稍后用同一编号重试。' },
    en: {
      title: 'The database of the ledger cannot be reached',
      notDone: 'Nothing was booked.',
      todo: 'Try again later with the same id.',
    },
  },
  'outcome-unknown': {
    status: 503,
    retryable: true,
    zh: {
      title: '尚不知道是否已记账',
      notDone: '这笔款项可能已经记账，也可能没有。',
      todo: '请勿另行付款；请用同一编号查询或重试，系统不会重复记账。',
    },
    en: {
      title: 'It is not known yet whether this was booked',
      notDone: 'It may have been booked or not.',
      todo: 'Do not pay again. Ask again with the same id; it is never booked twice.',
    },
  },
  fenced: {
    status: 503,
    retryable: true,
    zh: { title: '本进程已被接替', notDone: '没有发生任何记账。', todo: '请重启本进程后用同一编号重试。' },
    en: {
      title: 'This process was replaced as a writer of the ledger',
      notDone: 'Nothing was booked.',
      todo: 'Restart it, then try again with the same id.',
    },
  },
  conflict: {
    status: 409,
    retryable: false,
    zh: {
      title: '同一编号已用于另一笔记账',
      notDone: '没有发生任何记账，原有记录不变。',
      todo: '请核对原记录；新的款项请使用新的编号。',
    },
    en: {
      title: 'This id belongs to a transfer with other fields',
      notDone: 'Nothing was booked; the first transfer stands.',
      todo: 'Check the first transfer. Use a new id for a new payment.',
    },
  },
  'chain-failed': {
    status: 409,
    retryable: false,
    zh: { title: '同组的另一笔未能记账', notDone: '整组都没有记账。', todo: '请先解决那一笔的问题。' },
    en: {
      title: 'Another transfer of the same chain was refused',
      notDone: 'Nothing of the chain was booked.',
      todo: 'Solve the reason of that transfer first.',
    },
  },
  'no-account': {
    status: 404,
    retryable: false,
    zh: { title: '账户不存在', notDone: '没有发生任何记账。', todo: '请先开立账户。' },
    en: { title: 'There is no such account', notDone: 'Nothing was booked.', todo: 'Open the account first.' },
  },
  'asset-differs': {
    status: 422,
    retryable: false,
    zh: { title: '两个账户的币种不同', notDone: '没有发生任何记账。', todo: '请使用同一币种的账户。' },
    en: {
      title: 'The two accounts hold different assets',
      notDone: 'Nothing was booked.',
      todo: 'Use accounts of one asset.',
    },
  },
  frozen: {
    status: 409,
    retryable: false,
    zh: { title: '账户已冻结', notDone: '没有发生任何记账。', todo: '请联系运营方。' },
    en: { title: 'The account is frozen', notDone: 'Nothing was booked.', todo: 'Ask the operator.' },
  },
  closed: {
    status: 409,
    retryable: false,
    zh: { title: '账户已关闭', notDone: '没有发生任何记账。', todo: '请使用其他账户。' },
    en: { title: 'The account is closed', notDone: 'Nothing was booked.', todo: 'Use another account.' },
  },
  'asset-closed': {
    status: 422,
    retryable: false,
    zh: {
      title: '此类积分不能在所有者之间转移',
      notDone: '没有发生任何记账。',
      todo: '您可以自用，或交回网络。',
    },
    en: {
      title: 'These credits cannot move from one owner to another',
      notDone: 'Nothing was booked.',
      todo: 'Use them yourself or give them back to the network.',
    },
  },
  'hold-unknown': {
    status: 404,
    retryable: false,
    zh: { title: '没有这笔预留', notDone: '没有发生任何记账。', todo: '请核对预留编号与账户。' },
    en: {
      title: 'There is no such hold between these accounts',
      notDone: 'Nothing was booked.',
      todo: 'Check the id of the hold and its accounts.',
    },
  },
  'already-posted': {
    status: 409,
    retryable: false,
    zh: { title: '这笔预留已经扣款', notDone: '没有再次记账。', todo: '无需再做任何事。' },
    en: {
      title: 'The hold was captured before',
      notDone: 'Nothing was booked again.',
      todo: 'Nothing is left to do.',
    },
  },
  'already-voided': {
    status: 409,
    retryable: false,
    zh: { title: '这笔预留已经解除', notDone: '没有发生任何记账。', todo: '如需付款，请重新预留。' },
    en: {
      title: 'The hold was released before',
      notDone: 'Nothing was booked.',
      todo: 'Make a new hold if a payment is due.',
    },
  },
  'hold-expired': {
    status: 409,
    retryable: false,
    zh: { title: '这笔预留已经到期', notDone: '没有发生任何记账。', todo: '如需付款，请重新预留。' },
    en: {
      title: 'The hold has expired',
      notDone: 'Nothing was booked.',
      todo: 'Make a new hold if a payment is due.',
    },
  },
  'over-post': {
    status: 422,
    retryable: false,
    zh: { title: '扣款超过了预留金额', notDone: '没有发生任何记账。', todo: '请减少金额，或另行预留差额。' },
    en: {
      title: 'The capture is larger than the hold',
      notDone: 'Nothing was booked.',
      todo: 'Capture less, or hold the rest first.',
    },
  },
  'insufficient-funds': {
    status: 422,
    retryable: false,
    zh: { title: '余额不足', notDone: '没有发生任何记账。', todo: '请补足所示差额后重试。' },
    en: {
      title: 'The funds do not suffice',
      notDone: 'Nothing was booked.',
      todo: 'Add at least the shortfall, then try again.',
    },
  },
  'credit-limit': {
    status: 422,
    retryable: false,
    zh: { title: '收款账户超过上限', notDone: '没有发生任何记账。', todo: '请减少金额。' },
    en: {
      title: 'The receiving account would pass its limit',
      notDone: 'Nothing was booked.',
      todo: 'Use a smaller amount.',
    },
  },
  'balance-limit': {
    status: 422,
    retryable: false,
    zh: {
      title: '收款账户的余额将超过其限额',
      notDone: '没有发生任何记账。',
      todo: '请减少金额，或由运营方调整限额。',
    },
    en: {
      title: 'The receiving account would hold more than it may',
      notDone: 'Nothing was booked.',
      todo: 'Use a smaller amount, or ask the operator to change the limit.',
    },
  },
  'already-reversed': {
    status: 409,
    retryable: false,
    zh: { title: '这笔记账已经冲正过', notDone: '没有再次冲正。', todo: '无需再做任何事。' },
    en: {
      title: 'The transfer was reversed before',
      notDone: 'Nothing was booked again.',
      todo: 'Nothing is left to do.',
    },
  },
  'over-reversal': {
    status: 422,
    retryable: false,
    zh: { title: '冲正金额超过了原金额', notDone: '没有发生任何记账。', todo: '请减少金额。' },
    en: {
      title: 'The reversal is larger than what it reverses',
      notDone: 'Nothing was booked.',
      todo: 'Use a smaller amount.',
    },
  },
  'not-reversible': {
    status: 422,
    retryable: false,
    zh: {
      title: '只有已入账的款项可以冲正',
      notDone: '没有发生任何记账。',
      todo: '预留请改用解除；冲正本身不能再冲正。',
    },
    en: {
      title: 'Only a booked payment can be reversed',
      notDone: 'Nothing was booked.',
      todo: 'Void a hold instead; a reversal itself is not reversed.',
    },
  },
  overflow: {
    status: 422,
    retryable: false,
    zh: { title: '金额过大', notDone: '没有发生任何记账。', todo: '请减少金额。' },
    en: {
      title: 'The sum is too large for an account',
      notDone: 'Nothing was booked.',
      todo: 'Use a smaller amount.',
    },
  },
  'payouts-stopped': {
    status: 503,
    retryable: true,
    zh: {
      title: '账目核对发现差异，付款已暂停',
      notDone: '没有付出任何款项。',
      todo: '运营方须查明所示账户并解除暂停。',
    },
    en: {
      title: 'The books do not balance, so payouts are stopped',
      notDone: 'Nothing was paid.',
      todo: 'The operator must look into the accounts named and clear the stop.',
    },
  },
  'asset-unknown': {
    status: 404,
    retryable: false,
    zh: { title: '没有这个币种', notDone: '没有开立账户。', todo: '请核对币种代码。' },
    en: { title: 'There is no such asset', notDone: 'No account was opened.', todo: 'Check the code of the asset.' },
  },
  'asset-conflict': {
    status: 409,
    retryable: false,
    zh: { title: '该币种已按其他参数登记', notDone: '原有登记不变。', todo: '请使用新的币种代码。' },
    en: {
      title: 'The asset stands with another scale or rule',
      notDone: 'The asset was not changed.',
      todo: 'Use a new code for a new asset.',
    },
  },
  'not-empty': {
    status: 409,
    retryable: false,
    zh: { title: '账户仍有余额或预留', notDone: '账户没有关闭。', todo: '请先转出余额并解除预留。' },
    en: {
      title: 'The account still has a balance or a hold',
      notDone: 'It was not closed.',
      todo: 'Move the balance and end the holds first.',
    },
  },
  'needs-second-person': {
    status: 403,
    retryable: false,
    zh: { title: '须由另一人批准', notDone: '暂停没有解除。', todo: '请由提出人以外的人批准。' },
    en: {
      title: 'A second person must approve this',
      notDone: 'The stop stands.',
      todo: 'Let someone other than the proposer approve it.',
    },
  },
  'bad-cursor': {
    status: 400,
    retryable: false,
    zh: { title: '翻页标记无效', notDone: '没有返回任何记录。', todo: '请从第一页重新开始。' },
    en: {
      title: 'The page marker is not valid',
      notDone: 'Nothing was returned.',
      todo: 'Start again from the first page.',
    },
  },
})

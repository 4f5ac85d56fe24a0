import type { ErrorEntry } from '@bithive/kernel/errors'

/** What may be wrong with a bank's statement. The file is then refused whole: nothing of it is booked. */
export const statementErrorEntries = {
  'statement-unreadable': {
    status: 422,
    retryable: false,
    zh: {
      title: '对账单无法读取',
      notDone: '没有入账任何款项。',
      todo: '请上传银行给出的 camt.053（XML，UTF-8）或说明中的 CSV 原文件。',
    },
    en: {
      title: 'The statement cannot be read',
      notDone: 'No money was booked.',
      todo: "Upload the bank's own camt.053 file (XML in UTF-8) or a CSV as documented.",
    },
  },
  'statement-forbidden': {
    status: 422,
    retryable: false,
    zh: {
      title: '对账单含有不允许的内容',
      notDone: '没有入账任何款项。',
      todo: '文件不得含有文档类型、实体或处理指令。请向银行索取原文件。',
    },
    en: {
      title: 'The statement holds what a statement must not hold',
      notDone: 'No money was booked.',
      todo: 'A file may have no document type, entity or processing instruction. Ask the bank for the original.',
    },
  },
  'statement-too-large': {
    status: 413,
    retryable: false,
    zh: { title: '对账单太大', notDone: '没有入账任何款项。', todo: '请让银行按天或按页分开给出。' },
    en: {
      title: 'The statement is too large',
      notDone: 'No money was booked.',
      todo: 'Have the bank split it by day or page.',
    },
  },
  'statement-incomplete': {
    status: 422,
    retryable: false,
    zh: {
      title: '对账单缺少必要的内容',
      notDone: '没有入账任何款项。',
      todo: '请按所示字段向银行索取完整的对账单。',
    },
    en: {
      title: 'The statement lacks something that it must have',
      notDone: 'No money was booked.',
      todo: 'Ask the bank for a complete statement; the field is named.',
    },
  },
  'statement-totals': {
    status: 422,
    retryable: false,
    zh: {
      title: '对账单的合计不符',
      notDone: '没有入账任何款项。',
      todo: '期初余额加上各笔必须等于期末余额。请向银行核实。',
    },
    en: {
      title: 'The totals of the statement do not agree',
      notDone: 'No money was booked.',
      todo: 'Opening balance and entries must give the closing balance. Ask the bank.',
    },
  },
  'statement-currency': {
    status: 422,
    retryable: false,
    zh: { title: '对账单的币种不符', notDone: '没有入账任何款项。', todo: '请上传该账户本币种的对账单。' },
    en: {
      title: 'The statement is in another currency',
      notDone: 'No money was booked.',
      todo: "Upload a statement in the account's own currency.",
    },
  },
  'statement-account': {
    status: 422,
    retryable: false,
    zh: {
      title: '这不是我们的银行账户',
      notDone: '没有入账任何款项。',
      todo: '请核对账号；新的银行账户须先由两人登记。',
    },
    en: {
      title: 'This is not one of our bank accounts',
      notDone: 'No money was booked.',
      todo: 'Check the account; a new one is registered by two people first.',
    },
  },
  'statement-altered': {
    status: 409,
    retryable: false,
    zh: {
      title: '同一编号的对账单内容不同',
      notDone: '没有入账任何款项，先前的对账单不变。',
      todo: '请向银行核实哪一份是真的，不要再次上传。',
    },
    en: {
      title: 'A statement with this id was taken before, with other content',
      notDone: 'No money was booked; the first one stands.',
      todo: 'Ask the bank which of the two is true. Do not upload it again.',
    },
  },
  'statement-gap': {
    status: 409,
    retryable: false,
    zh: {
      title: '对账单与上一份不衔接',
      notDone: '没有入账任何款项。',
      todo: '期初余额须等于上一份的期末余额。请先上传缺少的那一份。',
    },
    en: {
      title: 'The statement does not follow the one before',
      notDone: 'No money was booked.',
      todo: 'It must open with the last closing balance. Upload the missing statement first.',
    },
  },
  'statement-booked-before': {
    status: 409,
    retryable: false,
    zh: {
      title: '有一笔款项已在另一份对账单中入账',
      notDone: '没有入账任何款项。',
      todo: '同一银行流水号只入账一次。请向银行核实所示的那一笔。',
    },
    en: {
      title: 'A movement was booked from another statement before',
      notDone: 'No money was booked.',
      todo: "A bank's reference is booked once. Ask the bank about the entry that is named.",
    },
  },
  'statement-not-waiting': {
    status: 409,
    retryable: false,
    zh: { title: '这份对账单不再等待批准', notDone: '没有再次入账。', todo: '请查看它的状态与理由。' },
    en: {
      title: 'This statement does not wait for approval any more',
      notDone: 'Nothing was booked again.',
      todo: 'Look at its state and reason.',
    },
  },
  'statement-differs': {
    status: 409,
    retryable: false,
    zh: {
      title: '待批准的内容与所存的对账单不一致',
      notDone: '没有入账任何款项。',
      todo: '请否决它，并重新上传银行原文件。',
    },
    en: {
      title: 'What would be approved is not the statement that was taken',
      notDone: 'No money was booked.',
      todo: "Reject it, and upload the bank's own file again.",
    },
  },
  'deposit-not-open': {
    status: 409,
    retryable: false,
    zh: { title: '这笔入账已经处理', notDone: '没有发生任何记账。', todo: '请刷新工作列表。' },
    en: {
      title: 'This deposit has been dealt with',
      notDone: 'Nothing was booked.',
      todo: 'Look at the work list again.',
    },
  },
} as const satisfies Record<string, ErrorEntry>

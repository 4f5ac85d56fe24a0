import { defineErrors } from '@bithive/kernel/errors'

/** What may go wrong when an owner reads its own money. Nothing moves here, so nothing is ever half done. */
export const walletErrors = defineErrors('wallet', {
  'bad-cursor': {
    status: 422,
    retryable: false,
    zh: { title: '翻页标记无效', notDone: '没有读取明细。', todo: '请从第一页重新打开。' },
    en: {
      title: 'The page mark is not valid',
      notDone: 'No entries were read.',
      todo: 'Open the list from its first page.',
    },
  },
  'statement-too-long': {
    status: 413,
    retryable: false,
    zh: { title: '这个月的明细太多，无法成为一页', notDone: '没有生成对账单。', todo: '请下载 CSV，它没有这个限制。' },
    en: {
      title: 'This month has too many entries for a page',
      notDone: 'No statement was made.',
      todo: 'Download the CSV: it has no such limit.',
    },
  },
  'no-such-asset': {
    status: 404,
    retryable: false,
    zh: { title: '您没有这种资产的账户', notDone: '没有生成对账单。', todo: '请从余额中选择一种资产。' },
    en: {
      title: 'You have no account of this asset',
      notDone: 'No statement was made.',
      todo: 'Choose one of the assets in your balances.',
    },
  },
})

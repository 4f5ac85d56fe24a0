import { defineErrors, type Problem } from '@bithive/kernel/errors'
import { EXIT } from './command.ts'

export const commandErrors = defineErrors('command', {
  usage: {
    status: 422,
    retryable: false,
    zh: { title: '命令写法不对', notDone: '没有执行任何操作。', todo: '请看 bithive help。' },
    en: { title: 'The command is not written right', notDone: 'Nothing was done.', todo: 'See bithive help.' },
  },
  ambiguous: {
    status: 422,
    retryable: false,
    zh: { title: '不止一个编号符合', notDone: '没有执行任何操作。', todo: '请把编号写得更完整。' },
    en: { title: 'More than one id fits', notDone: 'Nothing was done.', todo: 'Write more of the id.' },
  },
  'not-signed-in': {
    status: 401,
    retryable: false,
    zh: { title: '还没有登录', notDone: '没有执行任何操作。', todo: '请先运行 bithive login。' },
    en: { title: 'Not signed in', notDone: 'Nothing was done.', todo: 'Run bithive login first.' },
  },
  unreachable: {
    status: 502,
    retryable: true,
    zh: { title: '连接不上服务', notDone: '请求没有送达。', todo: '请确认 bithive up 正在运行，地址是否正确。' },
    en: {
      title: 'The service cannot be reached',
      notDone: 'The request did not arrive.',
      todo: 'Check that bithive up is running and that the address is right.',
    },
  },
  timeout: {
    status: 504,
    retryable: true,
    zh: { title: '等待超时', notDone: '不清楚请求是否已处理，请先查看状态。', todo: '同一请求再发一次不会重复执行。' },
    en: {
      title: 'No answer in time',
      notDone: 'It is not known whether the request was processed: look at its state.',
      todo: 'Sending the same request again does nothing twice.',
    },
  },
  'answer-lost': {
    status: 504,
    retryable: true,
    zh: {
      title: '连接在回答前中断',
      notDone: '不清楚请求是否已处理，请先查看状态。',
      todo: '同一请求再发一次不会重复执行。',
    },
    en: {
      title: 'The connection ended before an answer',
      notDone: 'It is not known whether the request was processed: look at its state.',
      todo: 'Sending the same request again does nothing twice.',
    },
  },
  starting: {
    status: 503,
    retryable: true,
    zh: { title: '服务正在启动', notDone: '这次请求没有处理。', todo: '请稍等几秒再试。' },
    en: { title: 'The service is starting', notDone: 'This request was not processed.', todo: 'Try again in seconds.' },
  },
  'insecure-address': {
    status: 422,
    retryable: false,
    zh: { title: '这个地址没有加密', notDone: '密码和口令没有发送。', todo: '除本机外，请使用 https 地址。' },
    en: {
      title: 'This address is not encrypted',
      notDone: 'No password or token was sent.',
      todo: 'Use an https address for anything but this machine.',
    },
  },
  'bad-answer': {
    status: 502,
    retryable: false,
    zh: { title: '服务的回答无法识别', notDone: '没有采用这个回答。', todo: '请检查地址和版本是否一致。' },
    en: {
      title: 'The answer was not understood',
      notDone: 'It was not used.',
      todo: 'Check the address and that versions match.',
    },
  },
  unexpected: {
    status: 500,
    retryable: false,
    zh: {
      title: '命令发生了意外错误',
      notDone: '不清楚操作是否完成，请先查看状态。',
      todo: '请运行 bithive doctor，并把日志交给管理员。',
    },
    en: {
      title: 'Something unexpected went wrong in the command',
      notDone: 'It is not known whether the act completed: look at its state first.',
      todo: 'Run bithive doctor, and give the log to the operator.',
    },
  },
  'already-running': {
    status: 409,
    retryable: true,
    zh: {
      title: '这个数据目录正在被使用',
      notDone: '没有启动第二个。',
      todo: '请先停止它，或换一个 BITHIVE_DATA_DIR。',
    },
    en: {
      title: 'This data folder is in use',
      notDone: 'No second one was started.',
      todo: 'Stop the other one first, or choose another BITHIVE_DATA_DIR.',
    },
  },
  'other-profile': {
    status: 409,
    retryable: false,
    zh: {
      title: '这个数据目录是用另一套规则建立的',
      notDone: '没有启动，账目没有变动。',
      todo: '请用建立时的 --profile 启动，或换一个 BITHIVE_DATA_DIR。',
    },
    en: {
      title: 'This data folder was begun under other rules',
      notDone: 'Nothing was started and no book was touched.',
      todo: 'Start it with the --profile it began with, or choose another BITHIVE_DATA_DIR.',
    },
  },
  'data-folder-unusable': {
    status: 422,
    retryable: false,
    zh: { title: '数据目录无法使用', notDone: '没有启动。', todo: '请用 BITHIVE_DATA_DIR 指定一个可以写入的目录。' },
    en: {
      title: 'The data folder cannot be used',
      notDone: 'Nothing was started.',
      todo: 'Name a folder that can be written with BITHIVE_DATA_DIR.',
    },
  },
  'loop-failed': {
    status: 500,
    retryable: true,
    zh: { title: '样例流程没有走完', notDone: '没有结算的任务不会付款。', todo: '请看上面的原因，再次启动会接着做。' },
    en: {
      title: 'The sample loop did not finish',
      notDone: 'Jobs that are not settled were not paid.',
      todo: 'See the reason above; starting again goes on from here.',
    },
  },
  'no-order': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这个订单或任务', notDone: '没有执行任何操作。', todo: '请用 bithive job list 查看编号。' },
    en: { title: 'No such order or job', notDone: 'Nothing was done.', todo: 'See the ids with bithive job list.' },
  },
  'no-study': {
    status: 404,
    retryable: false,
    zh: { title: '找不到这个检查或序列', notDone: '没有下单。', todo: '请用 bithive study list 查看编号。' },
    en: {
      title: 'No such study or series',
      notDone: 'Nothing was ordered.',
      todo: 'See the ids with bithive study list.',
    },
  },
  'no-result': {
    status: 409,
    retryable: true,
    zh: { title: '还没有结果', notDone: '没有取回报告。', todo: '请用 bithive job status 查看进度。' },
    en: { title: 'There is no result yet', notDone: 'No report was fetched.', todo: 'See bithive job status.' },
  },
  'no-file': {
    status: 404,
    retryable: false,
    zh: { title: '找不到文件', notDone: '没有执行任何操作。', todo: '请检查路径。' },
    en: { title: 'The file was not found', notDone: 'Nothing was done.', todo: 'Check the path.' },
  },
})

/** The exit code that a script sees for an error of ours or of a service. */
export function exitCodeOf({ code, status }: Pick<Problem, 'code' | 'status'>): number {
  if (code === 'command.usage' || code === 'command.ambiguous') return EXIT.usage
  if (code === 'command.unreachable' || status === 503) return EXIT.unreachable
  if (status === 504) return EXIT.timeout
  if (status === 401 || status === 403) return EXIT.forbidden
  if (status === 404 || status === 410) return EXIT.notFound
  if (status === 409 || status === 412) return EXIT.conflict
  return EXIT.failure
}

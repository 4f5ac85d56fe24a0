import { defineErrors, type ErrorEntry } from '@bithive/kernel/errors'

type Words = readonly [title: string, notDone: string, todo: string]

function entry(status: ErrorEntry['status'], zh: Words, en: Words, retryable = false): ErrorEntry {
  return {
    status,
    retryable,
    zh: { title: zh[0], notDone: zh[1], todo: zh[2] },
    en: { title: en[0], notDone: en[1], todo: en[2] },
  }
}

const NOT_STARTED_ZH = '节点没有启动。'
const NOT_STARTED = 'The node was not started.'
const NOT_TAKEN_ZH = '没有接受这项作业。'
const NOT_TAKEN = 'The job was not taken.'
const NO_RESULT_ZH = '没有交回结果，也不会付款。'
const NO_RESULT = 'No result was returned and nothing is paid.'
const ELSEWHERE_ZH = '无需操作，作业会交给其他节点。'
const ELSEWHERE = 'Nothing to do: another node gets the job.'

/** What can go wrong on a node. Facts name counts, limits and codes, never anything of an input. */
export const nodeErrors = defineErrors('node', {
  'bad-options': entry(
    422,
    ['节点的设置有误', NOT_STARTED_ZH, '请改正标出的设置项。'],
    ['A setting of the node is not right', NOT_STARTED, 'Correct the named setting.'],
  ),
  'hub-not-secure': entry(
    422,
    ['网络地址没有加密', NOT_STARTED_ZH, '请使用 https 地址；http 只用于本机。'],
    ['The hub address is not encrypted', NOT_STARTED, 'Use an https address. Plain http is for this machine only.'],
  ),
  'no-token': entry(
    401,
    ['这个节点还没有加入网络', NOT_STARTED_ZH, '请向机构管理员索取一次性令牌，再次启动时给出。'],
    [
      'This node has not joined yet',
      NOT_STARTED,
      'Ask your organisation for a one-time token and start again with it.',
    ],
  ),
  'join-refused': entry(
    403,
    ['网络没有接受这个令牌', '节点没有加入。', '令牌只能用一次，也会过期；请索取新的令牌。'],
    ['The hub did not accept the token', 'The node has not joined.', 'Tokens work once and expire. Ask for a new one.'],
  ),
  refused: entry(
    403,
    ['网络不再接受这个节点', '节点已停止。', '请向机构管理员询问；需要时用新令牌、新文件夹重新加入。'],
    [
      'The hub does not accept this node any more',
      'The node has stopped.',
      'Ask your organisation. Join again if needed.',
    ],
  ),
  'hub-unreachable': entry(
    503,
    ['连接不到网络', '节点没有加入。', '请检查地址和网络，稍后重试。'],
    ['The hub cannot be reached', 'The node has not joined.', 'Check the address and the connection, then try again.'],
    true,
  ),
  'keys-exposed': entry(
    403,
    ['密钥文件可被他人读取', NOT_STARTED_ZH, '请把密钥文件权限改为 0600；如可能泄露，请重新加入。'],
    ['Others can read the key file', NOT_STARTED, 'Set its mode to 0600. If it may have leaked, join again.'],
  ),
  'keys-unreadable': entry(
    500,
    ['密钥或状态文件已损坏', NOT_STARTED_ZH, '请从备份恢复，或用新文件夹重新加入。'],
    ['The key or state file is damaged', NOT_STARTED, 'Restore it from a backup, or join again in a new folder.'],
  ),
  'already-running': entry(
    409,
    ['这个文件夹已有节点在运行', NOT_STARTED_ZH, '请先停止它，或使用另一个文件夹。'],
    ['A node already runs in this folder', NOT_STARTED, 'Stop it first, or use another folder.'],
  ),
  'sandbox-missing': entry(
    503,
    ['要求的沙箱在本机不能使用', NOT_STARTED_ZH, '请安装 bubblewrap 并允许用户命名空间，或改用 auto。'],
    [
      'The sandbox asked for does not work here',
      NOT_STARTED,
      'Install bubblewrap and allow user namespaces, or use auto.',
    ],
  ),
  'sandbox-refused': entry(
    403,
    ['这个沙箱不运行此程序', NO_RESULT_ZH, '进程沙箱只运行随附并按哈希固定的程序；请使用 bubblewrap。'],
    [
      'This sandbox does not run that program',
      NO_RESULT,
      'It runs only bundled programs pinned by hash. Use bubblewrap.',
    ],
  ),
  'sandbox-time-out': entry(
    504,
    ['计算超过时限', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The computation took too long', NO_RESULT, ELSEWHERE],
    true,
  ),
  'out-of-memory': entry(
    507,
    ['内存不足', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The computation ran out of memory', NO_RESULT, ELSEWHERE],
    true,
  ),
  'sandbox-crashed': entry(
    500,
    ['计算进程意外结束', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The computation ended unexpectedly', NO_RESULT, ELSEWHERE],
    true,
  ),
  'workload-unknown': entry(
    404,
    ['节点没有这个程序', NOT_TAKEN_ZH, ELSEWHERE_ZH],
    ['The node does not carry this workload', NOT_TAKEN, ELSEWHERE],
  ),
  'workload-altered': entry(
    409,
    ['程序文件与登记的哈希不同', NOT_TAKEN_ZH, '请重新安装节点，使其与网络版本一致。'],
    ['The workload differs from the registered hash', NOT_TAKEN, 'Install the node again, in the version of the hub.'],
  ),
  'workload-failed': entry(
    422,
    ['程序没有算出结果', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The workload gave no result', NO_RESULT, ELSEWHERE],
  ),
  'input-altered': entry(
    422,
    ['输入与约定的哈希不同', '没有计算。', '请由医院重新发送输入。'],
    ['The input differs from the agreed hash', 'Nothing was computed.', 'The site has to send the input again.'],
    true,
  ),
  'input-too-large': entry(
    413,
    ['输入超过节点的上限', '没有计算。', ELSEWHERE_ZH],
    ['The input is larger than this node allows', 'Nothing was computed.', ELSEWHERE],
  ),
  'no-input': entry(
    504,
    ['输入没有按时送到', '没有计算。', ELSEWHERE_ZH],
    ['The input did not arrive in time', 'Nothing was computed.', ELSEWHERE],
    true,
  ),
  'lease-gone': entry(
    410,
    ['租约已失效', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The lease is no longer valid', NO_RESULT, ELSEWHERE],
  ),
  'transfer-failed': entry(
    502,
    ['与网络传输失败', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The transfer with the hub failed', NO_RESULT, ELSEWHERE],
    true,
  ),
  'scratch-full': entry(
    507,
    ['节点的临时空间已满', NO_RESULT_ZH, '请腾出磁盘空间；作业会交给其他节点。'],
    ['The scratch space of the node is full', NO_RESULT, 'Free disk space. Another node gets the job.'],
    true,
  ),
  'result-invalid': entry(
    422,
    ['程序的结果不合规', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The workload gave a malformed result', NO_RESULT, ELSEWHERE],
  ),
  'result-too-large': entry(
    413,
    ['结果超过上限', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The result is larger than allowed', NO_RESULT, ELSEWHERE],
  ),
  revoked: entry(
    410,
    ['网络收回了作业', NO_RESULT_ZH, ELSEWHERE_ZH],
    ['The hub took the job back', NO_RESULT, ELSEWHERE],
  ),
  stopped: entry(503, ['节点已停止', NO_RESULT_ZH, ELSEWHERE_ZH], ['The node was stopped', NO_RESULT, ELSEWHERE], true),
  busy: entry(
    503,
    ['节点没有空位', NOT_TAKEN_ZH, ELSEWHERE_ZH],
    ['The node has no free slot', NOT_TAKEN, ELSEWHERE],
    true,
  ),
  draining: entry(503, ['节点正在退出', NOT_TAKEN_ZH, ELSEWHERE_ZH], ['The node is leaving', NOT_TAKEN, ELSEWHERE]),
  'onnx-missing': entry(
    503,
    ['节点没有 ONNX 运行时', NOT_TAKEN_ZH, '如需要，请安装 onnxruntime-node。'],
    ['The node has no ONNX runtime', NOT_TAKEN, 'Install onnxruntime-node if you want to offer it.'],
  ),
})

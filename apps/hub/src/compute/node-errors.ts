import type { ErrorEntry } from '@bithive/kernel/errors'

/** What may go wrong with a node: how it joins, connects and returns. */
export const nodeErrorEntries = {
  'unknown-token': {
    status: 401,
    retryable: false,
    zh: { title: '加入令牌无效', notDone: '节点没有加入。', todo: '请向节点所属机构索取新的令牌。' },
    en: {
      title: 'The join token is not known',
      notDone: 'The node did not join.',
      todo: "Ask the node's organisation for a new token.",
    },
  },
  'token-used': {
    status: 410,
    retryable: false,
    zh: { title: '加入令牌已用过', notDone: '节点没有加入。', todo: '每台节点需要一个新令牌。' },
    en: {
      title: 'The join token was used already',
      notDone: 'The node did not join.',
      todo: 'Each node needs a token of its own.',
    },
  },
  'token-revoked': {
    status: 410,
    retryable: false,
    zh: { title: '加入令牌已作废', notDone: '节点没有加入。', todo: '请向节点所属机构索取新的令牌。' },
    en: {
      title: 'The join token was revoked',
      notDone: 'The node did not join.',
      todo: "Ask the node's organisation for a new token.",
    },
  },
  'token-not-open': {
    status: 409,
    retryable: false,
    zh: {
      title: '令牌已不能作废',
      notDone: '没有作废任何令牌。',
      todo: '它已用过、过期或作废；要停用节点，请移除节点。',
    },
    en: {
      title: 'The token cannot be revoked any more',
      notDone: 'No token was revoked.',
      todo: 'It was used, has expired or is revoked. To stop a node, remove the node.',
    },
  },
  'token-expired': {
    status: 410,
    retryable: false,
    zh: { title: '加入令牌已过期', notDone: '节点没有加入。', todo: '请向节点所属机构索取新的令牌。' },
    en: {
      title: 'The join token has expired',
      notDone: 'The node did not join.',
      todo: "Ask the node's organisation for a new token.",
    },
  },
  'bad-proof': {
    status: 422,
    retryable: false,
    zh: { title: '密钥证明不正确', notDone: '节点没有加入或连接。', todo: '请检查节点的密钥，然后重试。' },
    en: {
      title: 'The proof of the key is not right',
      notDone: 'The node did not join or connect.',
      todo: "Check the node's keys, then try again.",
    },
  },
  'key-in-use': {
    status: 409,
    retryable: false,
    zh: { title: '该密钥已属于另一节点', notDone: '节点没有加入。', todo: '请为每台节点生成新的密钥。' },
    en: {
      title: 'This key belongs to another node',
      notDone: 'The node did not join.',
      todo: 'Make fresh keys for each node.',
    },
  },
  'unknown-node': {
    status: 401,
    retryable: false,
    zh: { title: '没有这个节点', notDone: '连接没有建立。', todo: '请先用令牌加入。' },
    en: { title: 'There is no such node', notDone: 'The connection was not made.', todo: 'Join with a token first.' },
  },
  'bad-message': {
    status: 422,
    retryable: false,
    zh: { title: '节点发来的消息无法识别', notDone: '消息没有处理，连接已关闭。', todo: '请更新节点程序。' },
    en: {
      title: 'The node sent a message that is not in the protocol',
      notDone: 'It was not handled; the connection was closed.',
      todo: 'Update the node agent.',
    },
  },
  'lease-token': {
    status: 401,
    retryable: false,
    zh: { title: '租约令牌无效', notDone: '没有收发内容。', todo: '节点应使用本次租约的令牌。' },
    en: {
      title: 'The lease token is not valid',
      notDone: 'Nothing was sent or received.',
      todo: 'The node must use the token of this lease.',
    },
  },
  'envelope-signature': {
    status: 422,
    retryable: false,
    zh: { title: '结果签名不正确', notDone: '结果没有采用，也不会付款。', todo: '任务会交给另一节点。' },
    en: {
      title: 'The signature of the result is not right',
      notDone: 'The result was not used and will not be paid for.',
      todo: 'The job goes to another node.',
    },
  },
  'envelope-workload': {
    status: 422,
    retryable: false,
    zh: { title: '结果出自另一程序', notDone: '结果没有采用，也不会付款。', todo: '任务会交给另一节点。' },
    en: {
      title: 'The result comes from another workload',
      notDone: 'The result was not used and will not be paid for.',
      todo: 'The job goes to another node.',
    },
  },
  'envelope-input': {
    status: 422,
    retryable: false,
    zh: { title: '结果针对另一份输入', notDone: '结果没有采用，也不会付款。', todo: '任务会交给另一节点。' },
    en: {
      title: 'The result belongs to another input',
      notDone: 'The result was not used and will not be paid for.',
      todo: 'The job goes to another node.',
    },
  },
  'envelope-bytes': {
    status: 422,
    retryable: false,
    zh: { title: '结果内容与声明不符', notDone: '结果没有采用，也不会付款。', todo: '任务会交给另一节点。' },
    en: {
      title: 'The result bytes are not the ones that were signed',
      notDone: 'The result was not used and will not be paid for.',
      todo: 'The job goes to another node.',
    },
  },
} as const satisfies Record<string, ErrorEntry>

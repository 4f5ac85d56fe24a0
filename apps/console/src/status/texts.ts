export type StatusTexts = {
  readonly about: string
  readonly sampleMark: string
  readonly database: string
  readonly works: string
  readonly down: string
  readonly trialBalance: string
  readonly balanced: string
  readonly unbalanced: string
  readonly nodes: string
  readonly nodesOf: (online: number, known: number) => string
  readonly jobs: string
  readonly noJobs: string
  readonly jobStates: Readonly<Record<string, string>>
  readonly dicomPort: string
  readonly profile: string
  readonly version: string
  readonly notForDiagnosis: string
  readonly readAt: string
}

const zh: StatusTexts = {
  about: '医疗价值网络的运行状态。各项操作请使用 bithive 命令。',
  sampleMark: '样例：机构、人员与款项均为虚构',
  database: '数据库',
  works: '正常',
  down: '连接不上',
  trialBalance: '试算平衡',
  balanced: '借贷相等',
  unbalanced: '不相等，已停止付款',
  nodes: '计算节点',
  nodesOf: (online, known) => `在线 ${online} / 共 ${known}`,
  jobs: '任务',
  noJobs: '还没有任务。用 bithive job submit 提交第一个。',
  jobStates: {
    ordered: '已下单',
    queued: '等待节点',
    leased: '已派给节点',
    staged: '数据已就绪',
    running: '计算中',
    returned: '结果待核验',
    accepted: '入账中',
    settled: '已结算',
    failed: '失败，已退款',
    cancelled: '已取消，已退款',
    unresolved: '结果未知',
  },
  dicomPort: 'DICOM 接收端口',
  profile: '法域规则',
  version: '版本',
  notForDiagnosis: '分析结果未经批准，不可用于诊断。',
  readAt: '读取时间（UTC）',
}

const en: StatusTexts = {
  about: 'State of the healthcare value network. Work with it through the bithive command.',
  sampleMark: 'Sample: organisations, people and money are invented',
  database: 'Database',
  works: 'works',
  down: 'not reachable',
  trialBalance: 'Trial balance',
  balanced: 'debits equal credits',
  unbalanced: 'they differ; payouts are stopped',
  nodes: 'Compute nodes',
  nodesOf: (online, known) => `${online} online of ${known}`,
  jobs: 'Jobs',
  noJobs: 'No jobs yet. Submit the first with bithive job submit.',
  jobStates: {
    ordered: 'ordered',
    queued: 'waiting for a node',
    leased: 'given to a node',
    staged: 'input ready',
    running: 'running',
    returned: 'result to be checked',
    accepted: 'being booked',
    settled: 'settled',
    failed: 'failed, refunded',
    cancelled: 'cancelled, refunded',
    unresolved: 'outcome unknown',
  },
  dicomPort: 'DICOM receiver port',
  profile: 'Rules',
  version: 'Version',
  notForDiagnosis: 'Results are not approved for diagnosis.',
  readAt: 'Read at (UTC)',
}

export const statusTexts: Readonly<Record<'zh' | 'en', StatusTexts>> = { zh, en }

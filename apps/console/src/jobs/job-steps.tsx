import type { OrderDetail } from '@bithive/api/orders'
import { formatDuration, formatExactTime } from '../shared/format.ts'
import { Panel } from '../shared/panel.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { factTexts, stepFacts } from './step-facts.ts'
import { jobTexts } from './texts.ts'

/** Steps as the site names them in its own records. */
const stepTexts = defineTexts({
  zh: {
    draft: '登记分析',
    allowed: '同意与规则核对通过',
    prepared: '去标识并打包',
    ordered: '提交到网络，等待节点',
    leased: '节点承接，再次核对',
    staged: '加密并送出',
    running: '节点开始计算',
    returned: '收到加密结果',
    verified: '核对结果',
    filed: '归档报告',
    accepted: '告知网络接受结果',
    settled: '账本结算完成',
    refused: '拒绝',
    failed: '失败',
    cancelled: '取消',
    unknown: '答复丢失，正在查询',
    'result-refused': '结果未通过核对',
    withdrawn: '告知网络撤回',
  },
  en: {
    draft: 'Analysis written down',
    allowed: 'Consent and rules allow it',
    prepared: 'De-identified and packed',
    ordered: 'Sent to the network, waiting for a node',
    leased: 'A node took it; checked again',
    staged: 'Sealed and sent',
    running: 'The node began to compute',
    returned: 'Sealed result received',
    verified: 'Result checked',
    filed: 'Report filed',
    accepted: 'The network was told that the result is good',
    settled: 'Settled in the ledger',
    refused: 'Refused',
    failed: 'Failed',
    cancelled: 'Cancelled',
    unknown: 'The answer was lost; being asked for',
    'result-refused': 'The result did not pass the check',
    withdrawn: 'The network was told that it is off',
  },
})

type StepKey = keyof typeof stepTexts.zh
const isKnown = (stage: string): stage is StepKey => stage in stepTexts.zh

/** The whole lineage, oldest first. */
export function JobSteps({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const s = useTexts(stepTexts)
  const f = useTexts(factTexts)
  const locale = useLocale()
  return (
    <Panel
      title={t('steps')}
      extra={
        detail.heardAt && (
          <span>
            {t('heard')} <Time at={detail.heardAt} />
          </span>
        )
      }
    >
      <ol className="jobs-steps">
        {detail.steps.map(({ stage, at, sinceOrderedMs, facts }, index) => (
          <li key={`${stage}-${String(index)}`}>
            <time dateTime={new Date(at).toISOString()} title={formatExactTime(at)} className="bh-mono">
              +{formatDuration(sinceOrderedMs, locale)}
            </time>
            <div>
              {isKnown(stage) ? s(stage) : stage}
              <div className="bh-small" dir="auto">
                {stepFacts(facts, detail.order.cost.currency, f, locale)}
              </div>
            </div>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

import { MembersAnswer } from '@bithive/api/members'
import { AuditAnswer, AuditChainsAnswer, type AuditRecordView, AuditVerdictAnswer } from '@bithive/api/operations'
import { Button, Input, Select } from 'antd'
import { type FormEvent, useEffect, useId, useRef, useState } from 'react'
import { call, callRaw } from '../shared/call.ts'
import { saveFile } from '../shared/csv.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Hash } from '../shared/hash.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { auditWords } from './audit-words.ts'
import { baseOf } from './base-of.ts'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '审计',
    about: '谁做了什么、看了什么。查询与导出本身也会被记录。',
    chain: '哪条链',
    own: '本机构',
    actor: '谁（编号）',
    action: '动作（可以 * 结尾）',
    resource: '对象（编号）',
    requestId: '请求编号',
    from: '从',
    to: '到',
    search: '查询',
    export: '导出 CSV',
    records: '记录',
    seq: '序号',
    at: '时间',
    what: '动作',
    thing: '对象',
    facts: '内容',
    request: '请求',
    hash: '散列',
    who: '谁',
    check: '核对散列链',
    checkSaid: '重新计算整条链：改动、删除、调换任何一条记录都会被发现。',
    holds: '已核对 {records} 条记录，链完整',
    head: '链头',
    broken: '第 {seq} 条记录不符：{problem}',
    altered: '内容被改动',
    missing: '记录缺失',
    'broken-link': '与前一条不相连',
    'head-differs': '链头不一致',
    'anchor-differs': '与已公布的链头不一致',
    brokenTodo: '请立即停止改动这台机器，保留现场，并与备份中的同一条记录比对。',
  },
  en: {
    title: 'Audit',
    about: 'Who did and saw what. Searching and exporting are themselves recorded.',
    chain: 'Which chain',
    own: 'your organisation',
    actor: 'Who (id)',
    action: 'Action (may end in *)',
    resource: 'Thing (id)',
    requestId: 'Request id',
    from: 'From',
    to: 'To',
    search: 'Search',
    export: 'Export CSV',
    records: 'Records',
    seq: 'No.',
    at: 'Time',
    what: 'Action',
    thing: 'Thing',
    facts: 'Facts',
    request: 'Request',
    hash: 'Hash',
    who: 'Who',
    check: 'Check the hash chain',
    checkSaid: 'Computes the whole chain anew: a record that was altered, removed or moved is found.',
    holds: 'Verified {records} {records|record|records}, the chain holds',
    head: 'head',
    broken: 'Record {seq} does not fit: {problem}',
    altered: 'its content was altered',
    missing: 'a record is missing',
    'broken-link': 'it does not follow from the one before',
    'head-differs': 'the head of the chain differs',
    'anchor-differs': 'it differs from the head that was published',
    brokenTodo: 'Change nothing more on this machine, keep it as it is, and compare the record with that of a backup.',
  },
})

const EMPTY = { actorId: '', action: '', resource: '', requestId: '', from: '', to: '' }
type Form = typeof EMPTY

/** The words of the form as a query; days and minutes are the reader's own. */
function queryOf(form: Form, orgId: string | undefined): URLSearchParams {
  const query = new URLSearchParams()
  for (const key of ['actorId', 'action', 'resource', 'requestId'] as const) {
    const word = form[key].trim()
    if (word) query.set(key, word)
  }
  for (const key of ['from', 'to'] as const) {
    const at = new Date(form[key]).getTime()
    if (Number.isFinite(at)) query.set(key, String(at))
  }
  if (orgId) query.set('orgId', orgId)
  return query
}

const timeOf = (record: AuditRecordView) => Date.parse(record.at)

/** Name of a person by id, as far as this service may tell the reader: members of the organisation. */
function useNames(base: string): ReadonlyMap<string, string> {
  const { data } = useLive(['members', `${base}/memberships`], MembersAnswer, `${base}/memberships`)
  return new Map(data?.memberships.map(({ personId, name }) => [personId, name]))
}

function useColumns(names: ReadonlyMap<string, string>): Column<AuditRecordView>[] {
  const t = useTexts(texts)
  const locale = useLocale()
  const factsOf = ({ facts = {} }: AuditRecordView) =>
    Object.entries(facts)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(' ')
  return [
    { key: 'seq', title: t('seq'), value: ({ seq }) => Number(seq), align: 'right' },
    { key: 'at', title: t('at'), value: timeOf, render: (one) => <Time at={timeOf(one)} /> },
    {
      key: 'who',
      title: t('who'),
      value: ({ actorId }) => [names.get(actorId), actorId].filter(Boolean).join(' '),
      render: ({ actorId }) => (
        <>
          {names.has(actorId) && <div dir="auto">{names.get(actorId)}</div>}
          <ShortId id={actorId} />
        </>
      ),
    },
    {
      key: 'what',
      title: t('what'),
      value: ({ action }) => [auditWords(action)?.[locale], action].filter(Boolean).join(' '),
      render: ({ action }) => (
        <>
          <div>{auditWords(action)?.[locale]}</div>
          <code className="bh-small">{action}</code>
        </>
      ),
    },
    {
      key: 'thing',
      title: t('thing'),
      value: ({ resource }) => resource,
      render: ({ resource }) => <ShortId id={resource} />,
    },
    { key: 'facts', title: t('facts'), value: factsOf },
    {
      key: 'request',
      title: t('request'),
      value: ({ requestId }) => requestId,
      render: ({ requestId }) => (requestId ? <ShortId id={requestId} /> : '—'),
    },
    { key: 'hash', title: t('hash'), value: ({ hash }) => hash, render: ({ hash }) => <Hash value={hash} /> },
  ]
}

function Verdict({ verdict }: { readonly verdict: AuditVerdictAnswer }) {
  const t = useTexts(texts)
  if (verdict.ok) {
    return (
      <p role="status">
        <StatusTag tone="ok">{t('holds', { records: verdict.records ?? '0' })}</StatusTag> {t('head')}{' '}
        <Hash value={verdict.head} />
      </p>
    )
  }
  const problem = verdict.problem ? t(verdict.problem) : ''
  return (
    <div role="alert">
      <StatusTag tone="bad">{t('broken', { seq: verdict.seq ?? '?', problem })}</StatusTag>
      <p>{t('brokenTodo')}</p>
    </div>
  )
}

function Check({ base, orgId }: { readonly base: string; readonly orgId: string | undefined }) {
  const t = useTexts(texts)
  const [verdict, setVerdict] = useState<AuditVerdictAnswer>()
  const { run, busy, error } = useAct('health')
  const path = `${base}/operations/audit/verify${orgId ? `?orgId=${orgId}` : ''}`
  const check = () => run(async () => setVerdict(await call(AuditVerdictAnswer, path, { method: 'POST', body: {} })))
  return (
    <Panel
      title={t('check')}
      extra={
        <Button onClick={() => void check()} loading={busy}>
          {t('check')}
        </Button>
      }
    >
      <div className="bh-stack">
        <p className="bh-small">{t('checkSaid')}</p>
        {verdict && <Verdict verdict={verdict} />}
        {error !== undefined && <Problem error={error} />}
      </div>
    </Panel>
  )
}

function SearchForm(props: {
  readonly busy: boolean
  readonly onSearch: (form: Form) => void
  readonly onExport: (form: Form) => void
}) {
  const t = useTexts(texts)
  const id = useId()
  const [form, setForm] = useState(EMPTY)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    props.onSearch(form)
  }
  return (
    <form onSubmit={submit} className="bh-stack">
      <div style={{ display: 'grid', gap: 12, gridTemplateColumns: 'repeat(auto-fit, minmax(min(200px, 100%), 1fr))' }}>
        {(['actorId', 'action', 'resource', 'requestId', 'from', 'to'] as const).map((key) => (
          <div key={key}>
            <label htmlFor={`${id}-${key}`}>{t(key === 'actorId' ? 'actor' : key)}</label>
            <Input
              id={`${id}-${key}`}
              type={key === 'from' || key === 'to' ? 'datetime-local' : 'text'}
              value={form[key]}
              onChange={(event) => setForm({ ...form, [key]: event.target.value })}
              autoComplete="off"
              spellCheck={false}
            />
          </div>
        ))}
      </div>
      <div className="bh-row">
        <Button type="primary" htmlType="submit" loading={props.busy}>
          {t('search')}
        </Button>
        <Button onClick={() => props.onExport(form)}>{t('export')}</Button>
      </div>
    </form>
  )
}

/** Who did and saw what, the newest first: searched, exported and checked. */
export function AuditPage() {
  const t = useTexts(texts)
  const locale = useLocale()
  const session = useSession()
  const base = baseOf(session)
  const operates = session.service === 'hub' && hasRole(session, 'operator')
  const chains = useLive(
    ['members', 'chains'],
    AuditChainsAnswer,
    operates ? `${base}/operations/audit/chains` : undefined,
  )
  const [orgId, setOrgId] = useState<string>()
  const [asked, setAsked] = useState<URLSearchParams>()
  const [records, setRecords] = useState<readonly AuditRecordView[]>()
  const [next, setNext] = useState<string>()
  const { run, busy, error } = useAct('health')
  const columns = useColumns(useNames(base))

  const turn = useRef(0)
  const read = (query: URLSearchParams, past: readonly AuditRecordView[]) => {
    const mine = ++turn.current
    return run(async () => {
      const page = await call(AuditAnswer, `${base}/operations/audit?${query}`)
      // Another search began meanwhile: its answer counts, whichever comes first.
      if (mine !== turn.current) return
      setAsked(query)
      setRecords([...past, ...page.records])
      setNext(page.next)
    })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: the newest are read once for each chain
  useEffect(() => void read(queryOf(EMPTY, orgId), []), [base, orgId])
  const more = () => {
    const query = new URLSearchParams(asked)
    if (next) query.set('before', next)
    return read(query, records ?? [])
  }
  const save = (form: Form) =>
    run(async () => {
      const answer = await callRaw(`${base}/operations/audit/export?${queryOf(form, orgId)}`)
      saveFile('audit.csv', 'text/csv', await answer.text())
    })
  return (
    <Page title={t('title')} about={t('about')} docs="operations">
      {operates && chains.data && (
        <Select
          aria-label={t('chain')}
          style={{ minWidth: 'min(320px, 100%)' }}
          value={orgId ?? ''}
          onChange={(value) => {
            setOrgId(value || undefined)
            setRecords(undefined)
          }}
          options={[
            { value: '', label: t('own') },
            ...chains.data.chains.map((chain) => ({ value: chain.orgId, label: chain.name?.[locale] ?? chain.orgId })),
          ]}
        />
      )}
      <Panel>
        <SearchForm
          busy={busy}
          onSearch={(form) => void read(queryOf(form, orgId), [])}
          onExport={(form) => void save(form)}
        />
      </Panel>
      {error !== undefined && <Problem error={error} />}
      <Panel title={t('records')} flush>
        {records === undefined ? (
          error === undefined && <Loading rows={6} />
        ) : (
          <DataTable
            id="audit"
            label={t('records')}
            rows={records}
            rowKey={({ seq }) => seq}
            columns={columns}
            onMore={next ? () => void more() : undefined}
            loadingMore={busy}
          />
        )}
      </Panel>
      <Check key={orgId} base={base} orgId={orgId} />
    </Page>
  )
}

import type { NodeTokenCreated } from '@bithive/api/compute'
import { JoinProgress, JoinTokenView, NodeOptions } from '@bithive/api/nodes'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { useState } from 'react'
import { call } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { CopyButton } from '../shared/copy-button.tsx'
import { Empty } from '../shared/empty.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useUrlState } from '../shared/use-url-state.ts'
import { CheckList } from './check-list.tsx'
import { type JoinForm as Form, isThisMachineOnly, joinCommand } from './join-command.ts'
import { JoinForm } from './join-form.tsx'
import { nodeTexts } from './texts.ts'
import { TOKEN_STATES } from './token-list.tsx'
import './nodes.css'

const CLONE = 'npm ci'

function Command({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className="bh-command">
      <code>{text}</code>
      <CopyButton value={text} what={what} />
    </div>
  )
}

/** The command with its secret, while this page is open: the token is stored nowhere. */
function RunIt({ hubUrl, token }: { readonly hubUrl: string | undefined; readonly token: string }) {
  const t = useTexts(nodeTexts)
  const [form, setForm] = useState<Form>('posix')
  return (
    <div className="bh-stack">
      <p>{t('install')}</p>
      <Command text={CLONE} what={CLONE} />
      <Segmented<Form>
        aria-label={t('command')}
        value={form}
        onChange={setForm}
        options={[
          { value: 'posix', label: t('posix') },
          { value: 'powershell', label: t('powershell') },
        ]}
      />
      <p>{t('thenRun')}</p>
      <Command text={joinCommand(form, hubUrl ?? 'HUB', token)} what={t('command')} />
      {hubUrl === undefined && <p className="bh-small">{t('noAddress')}</p>}
      {hubUrl !== undefined && isThisMachineOnly(hubUrl) && (
        <p className="bh-small">{t('localOnly', { url: hubUrl })}</p>
      )}
      <ul className="bh-small">
        <li>{t('keepOpen')}</li>
        <li>{t('shared')}</li>
        <li>{t('untried')}</li>
      </ul>
    </div>
  )
}

function Revoke({ tokenId }: { readonly tokenId: string }) {
  const t = useTexts(nodeTexts)
  const { networkBase } = useSession()
  const queries = useQueryClient()
  const [open, setOpen] = useState(false)
  const revoke = async () => {
    await call(JoinTokenView, `${networkBase}/nodes/tokens/${tokenId}`, { method: 'DELETE' })
    await queries.invalidateQueries({ queryKey: ['nodes'] })
  }
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('revoke')}</Button>
      <Confirm
        open={open}
        title={t('revokeTitle')}
        act={t('revoke')}
        danger
        onConfirm={revoke}
        onClose={() => setOpen(false)}
      >
        {t('revokeBody')}
      </Confirm>
    </>
  )
}

function Progress(props: {
  readonly tokenId: string
  readonly made: NodeTokenCreated | undefined
  readonly hubUrl: string | undefined
  readonly onAgain: () => void
}) {
  const { tokenId, made, hubUrl } = props
  const t = useTexts(nodeTexts)
  const { networkBase } = useSession()
  const progress = useLive(
    ['nodes', 'progress', networkBase, tokenId],
    JoinProgress,
    `${networkBase}/nodes/tokens/${tokenId}`,
    { everyMs: 5_000 },
  )
  if (!progress.data) {
    return progress.error ? (
      <Problem error={progress.error} onRetry={() => void progress.refetch()} />
    ) : (
      <Loading rows={8} />
    )
  }
  const { token, checks } = progress.data
  return (
    <div className="bh-columns">
      <div>
        <Panel title={t('step2')}>
          {made && token.state === 'open' ? (
            <RunIt hubUrl={hubUrl} token={made.token} />
          ) : (
            token.state === 'open' && <p>{t('secretGone')}</p>
          )}
          <div className="bh-row">
            <StatusTag tone={TOKEN_STATES[token.state].tone}>{t(TOKEN_STATES[token.state].word)}</StatusTag>
            {token.state === 'open' && (
              <span className="bh-small">
                {t('expires')} <Time at={token.expiresAt} /> · <Time at={token.expiresAt} relative />
              </span>
            )}
            {token.state === 'open' && <Revoke tokenId={tokenId} />}
            {token.nodeId !== undefined && (
              <Link to={'/nodes/$nodeId' as string} params={{ nodeId: token.nodeId } as never}>
                {t('openNode')}
              </Link>
            )}
            <Button onClick={props.onAgain}>{t('again')}</Button>
          </div>
        </Panel>
      </div>
      <div>
        <Panel title={t('step3')}>
          <CheckList checks={checks} />
        </Panel>
      </div>
    </div>
  )
}

/** From a token to the first payment: one command, and checks that turn green as they are met. */
export function JoinPage() {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  const { networkBase } = useSession()
  const [tokenId, setTokenId] = useUrlState('token')
  const [made, setMade] = useState<NodeTokenCreated | undefined>(undefined)
  const options = useLive(['nodes', 'options', networkBase], NodeOptions, `${networkBase}/nodes/options`)
  const onMade = (created: NodeTokenCreated) => {
    setMade(created)
    setTokenId(created.tokenId)
  }
  return (
    <Page title={t('join')} about={t('joinAbout')} docs="node">
      {tokenId !== '' ? (
        <Progress
          tokenId={tokenId}
          made={made?.tokenId === tokenId ? made : undefined}
          hubUrl={options.data?.hubUrl}
          onAgain={() => setTokenId('')}
        />
      ) : options.data === undefined ? (
        options.error ? (
          <Problem error={options.error} onRetry={() => void options.refetch()} />
        ) : (
          <Loading rows={5} />
        )
      ) : options.data.reason ? (
        <Empty>{said(options.data.reason)}</Empty>
      ) : (
        <Panel title={t('step1')}>
          <JoinForm options={options.data} onMade={onMade} />
        </Panel>
      )}
    </Page>
  )
}

import { JoinTokenList, type JoinTokenView } from '@bithive/api/nodes'
import { Link } from '@tanstack/react-router'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { nodeTexts } from './texts.ts'

export const TOKEN_STATES: Readonly<
  Record<JoinTokenView['state'], { tone: Tone; word: 'tokenOpen' | 'tokenUsed' | 'tokenExpired' | 'tokenRevoked' }>
> = {
  open: { tone: 'run', word: 'tokenOpen' },
  used: { tone: 'ok', word: 'tokenUsed' },
  expired: { tone: 'off', word: 'tokenExpired' },
  revoked: { tone: 'off', word: 'tokenRevoked' },
}

/** The tokens that were made, newest first; the secrets are nowhere. */
export function TokenList() {
  const t = useTexts(nodeTexts)
  const { networkBase } = useSession()
  const list = useLive(['nodes', 'tokens', networkBase], JoinTokenList, `${networkBase}/nodes/tokens`)
  const tokens = list.data?.tokens ?? []
  if (tokens.length === 0) return null
  return (
    <Panel title={t('tokens')}>
      <ul className="bh-lines">
        {tokens.slice(0, 8).map((token) => (
          <li key={token.tokenId} className="bh-spread">
            <span>
              <StatusTag tone={TOKEN_STATES[token.state].tone}>{t(TOKEN_STATES[token.state].word)}</StatusTag>{' '}
              {t(token.ownerKind)} · {token.region} · {t('madeAt')} <Time at={token.createdAt} />
              {token.nodeName !== undefined && <span dir="auto"> · {token.nodeName}</span>}
            </span>
            <Link to={'/nodes/join' as string} search={{ token: token.tokenId } as never}>
              {t('follow')}
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

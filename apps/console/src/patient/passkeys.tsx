import { useMutation, useQueryClient } from '@tanstack/react-query'
import { z } from 'zod'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { call, Nothing } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { addPasskey } from '../shared/sign-in.ts'
import { useTexts } from '../shared/texts.ts'
import { AskFirst } from './ask-first.tsx'
import { patientTexts } from './texts.ts'

const Passkeys = z.object({ passkeys: z.array(z.object({ passkeyId: z.string(), name: z.string() })) })
const BASE = '/site/auth/passkeys'
const KEY = ['members', 'my-passkeys'] as const

/** Sign-in by finger, face or screen lock: see, add, remove. */
export function PasskeysCard() {
  const t = useTexts(patientTexts)
  const { name: person, login } = useSession()
  const queries = useQueryClient()
  const { data, error, refetch } = useLive(KEY, Passkeys, BASE)
  const again = () => queries.invalidateQueries({ queryKey: KEY })
  const label = (login || person || 'BitHive').slice(0, 64)
  const add = useMutation({ mutationFn: () => addPasskey('site', label, label), onSettled: again })
  const remove = (passkeyId: string) => call(Nothing, `${BASE}/${passkeyId}`, { method: 'DELETE' }).finally(again)
  return (
    <Card title={t('passkeys')}>
      {!data ? error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading /> : null}
      {data?.passkeys.length === 0 && <p>{t('passkeysNone')}</p>}
      <ul className="m-stack">
        {data?.passkeys.map(({ passkeyId, name }) => (
          <li key={passkeyId}>
            <AskFirst
              act={t('removePasskey', { name })}
              said={t('removePasskeyAsk')}
              onConfirm={() => remove(passkeyId)}
            />
          </li>
        ))}
      </ul>
      {add.isSuccess && <p role="status">{t('addedPasskey')}</p>}
      {add.error && <Problem error={add.error} />}
      <Button busy={add.isPending} onClick={() => add.mutate()} onlyOnline>
        {t('addPasskey')}
      </Button>
    </Card>
  )
}

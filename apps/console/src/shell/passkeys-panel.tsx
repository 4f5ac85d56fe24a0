import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useId, useState } from 'react'
import { z } from 'zod'
import { call, Nothing } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Empty } from '../shared/empty.tsx'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { addPasskey } from '../shared/sign-in.ts'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { nameDevice } from './name-device.ts'

const Passkeys = z.object({
  passkeys: z.array(z.object({ passkeyId: z.string(), name: z.string(), addedAt: z.number(), backedUp: z.boolean() })),
})

const texts = defineTexts({
  zh: {
    title: '通行密钥',
    none: '还没有通行密钥。它用设备的指纹、面容或屏幕锁登录，不会被钓鱼网站骗走。',
    name: '新通行密钥的名称',
    add: '添加通行密钥',
    added: '添加于',
    synced: '已同步到您的其他设备',
    remove: '移除',
    removeOne: '移除通行密钥 {name}',
    removeAsk: '移除通行密钥“{name}”？',
    removeSaid: '之后不能再用它登录。密码和其他通行密钥不受影响。',
  },
  en: {
    title: 'Passkeys',
    none: 'No passkey yet. It signs you in with the fingerprint, face or screen lock of a device, and no false site can take it.',
    name: 'Name of the new passkey',
    add: 'Add a passkey',
    added: 'added',
    synced: 'synced to your other devices',
    remove: 'Remove',
    removeOne: 'Remove passkey {name}',
    removeAsk: 'Remove the passkey “{name}”?',
    removeSaid: 'It cannot be used to sign in any more. Your password and other passkeys stay.',
  },
})

/** The person's passkeys: see, add, remove. */
export function PasskeysPanel() {
  const t = useTexts(texts)
  const id = useId()
  const { service, name: person, login } = useSession()
  const queries = useQueryClient()
  const base = `/${service}/auth/passkeys`
  const key = ['members', service, 'passkeys'] as const
  const { data, error, refetch } = useLive(key, Passkeys, base)
  const [name, setName] = useState(() => nameDevice(navigator.userAgent) ?? 'BitHive')
  const [removing, setRemoving] = useState<{ passkeyId: string; name: string }>()
  const again = () => queries.invalidateQueries({ queryKey: key })
  const add = useMutation({
    mutationFn: () => addPasskey(service, name.trim() || 'BitHive', (login || person || 'BitHive').slice(0, 64)),
    onSettled: again,
  })
  const remove = () =>
    call(Nothing, `${base}/${removing?.passkeyId ?? ''}`, { method: 'DELETE' }).finally(() => void again())
  return (
    <Panel title={t('title')}>
      <div className="bh-stack">
        {!data ? error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading /> : null}
        {data?.passkeys.length === 0 && <Empty>{t('none')}</Empty>}
        <ul className="bh-rows">
          {data?.passkeys.map((passkey) => (
            <li key={passkey.passkeyId}>
              <div>
                <div dir="auto">{passkey.name}</div>
                <div className="bh-small">
                  {t('added')} <Time at={passkey.addedAt} />
                  {passkey.backedUp && ` · ${t('synced')}`}
                </div>
              </div>
              <Button aria-label={t('removeOne', { name: passkey.name })} onClick={() => setRemoving(passkey)}>
                {t('remove')}
              </Button>
            </li>
          ))}
        </ul>
        <div>
          <label htmlFor={id}>{t('name')}</label>
          <div className="bh-row">
            <Input id={id} value={name} maxLength={64} onChange={(event) => setName(event.target.value)} />
            <Button onClick={() => add.mutate()} loading={add.isPending}>
              {t('add')}
            </Button>
          </div>
        </div>
        {add.error && <Problem error={add.error} />}
      </div>
      <Confirm
        open={removing !== undefined}
        title={t('removeAsk', { name: removing?.name ?? '' })}
        act={t('remove')}
        danger
        onConfirm={remove}
        onClose={() => setRemoving(undefined)}
      >
        {t('removeSaid')}
      </Confirm>
    </Panel>
  )
}

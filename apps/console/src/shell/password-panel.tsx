import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useId, useState } from 'react'
import { call, Nothing } from '../shared/call.ts'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'

const SHORTEST = 12

const texts = defineTexts({
  zh: {
    title: '更改密码',
    current: '当前密码',
    next: '新密码',
    rule: '12 到 256 个字符。更改后，其他设备需要重新登录。',
    short: '新密码至少 12 个字符，现在是 {count} 个。',
    missing: '请填写当前密码。',
    save: '更改密码',
    saved: '密码已更改，其他设备已退出',
  },
  en: {
    title: 'Change password',
    current: 'Current password',
    next: 'New password',
    rule: '12 to 256 characters. Other devices must sign in again afterwards.',
    short: 'The new password needs 12 characters, it has {count}.',
    missing: 'Enter your current password.',
    save: 'Change password',
    saved: 'Password changed, other devices are signed out',
  },
})

/** Changes the password; what is wrong with the new one is said before it is sent. */
export function PasswordPanel() {
  const t = useTexts(texts)
  const id = useId()
  const { service, login } = useSession()
  const queries = useQueryClient()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [fault, setFault] = useState<string>()
  const change = useMutation({
    mutationFn: () => call(Nothing, `/${service}/auth/password`, { method: 'PUT', body: { current, next } }),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      return queries.invalidateQueries({ queryKey: ['members', service, 'sessions'] })
    },
  })
  const submit = () => {
    const said = current === '' ? t('missing') : next.length < SHORTEST ? t('short', { count: next.length }) : undefined
    setFault(said)
    if (said === undefined) change.mutate()
  }
  return (
    <Panel title={t('title')}>
      <Form layout="vertical" onSubmitCapture={submit} className="bh-stack">
        {/* Password managers need to know whose password this is. */}
        <input className="bh-sr" type="text" autoComplete="username" value={login} readOnly tabIndex={-1} aria-hidden />
        <div>
          <label htmlFor={`${id}-current`}>{t('current')}</label>
          <Input.Password
            id={`${id}-current`}
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </div>
        <div>
          <label htmlFor={`${id}-next`}>{t('next')}</label>
          <Input.Password
            id={`${id}-next`}
            autoComplete="new-password"
            aria-describedby={`${id}-rule`}
            maxLength={256}
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
          <p id={`${id}-rule`} className="bh-small">
            {t('rule')}
          </p>
        </div>
        {fault !== undefined && (
          <p role="alert" className="bh-form-problem">
            {fault}
          </p>
        )}
        {change.error && <Problem error={change.error} />}
        <div className="bh-row">
          <Button htmlType="submit" loading={change.isPending}>
            {t('save')}
          </Button>
          <span role="status">{change.isSuccess && <StatusTag tone="ok">{t('saved')}</StatusTag>}</span>
        </div>
      </Form>
    </Panel>
  )
}

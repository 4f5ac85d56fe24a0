import type { Service } from '../shared/call.ts'
import { CopyButton } from '../shared/copy-button.tsx'
import { defineTexts, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'

const texts = defineTexts({
  zh: {
    once: '只显示这一次。请当面或用可信的方式交给本人；只能使用一次，到期作废。',
    code: '邀请码',
    link: '链接',
    until: '有效至',
  },
  en: {
    once: 'Shown this once. Hand it over in person or by a way you trust; it works once and runs out.',
    code: 'Code',
    link: 'Link',
    until: 'Valid until',
  },
})

/** The link carries its code behind #, which no browser sends to a server and no log keeps. */
export const linkOf = (service: Service, code: string) => `${location.origin}/join#${service}=${code}`

/** A code that was just issued, to be handed to the person it is for. */
export function IssuedCode(props: { readonly service: Service; readonly code: string; readonly expiresAt: number }) {
  const t = useTexts(texts)
  const link = linkOf(props.service, props.code)
  return (
    <div className="bh-stack" data-issued>
      <p>{t('once')}</p>
      <p>
        {t('code')} <code data-code>{props.code}</code>
        <CopyButton value={props.code} what={t('code')} />
      </p>
      <p style={{ overflowWrap: 'anywhere' }}>
        {t('link')} <code data-link>{link}</code>
        <CopyButton value={link} what={t('link')} />
      </p>
      <p className="bh-small">
        {t('until')} <Time at={props.expiresAt} />
      </p>
    </div>
  )
}

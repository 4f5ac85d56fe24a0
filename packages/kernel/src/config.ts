import { z } from 'zod'
import { defineErrors } from './errors.ts'

export const configErrors = defineErrors('config', {
  invalid: {
    status: 422,
    retryable: false,
    zh: { title: '配置有误', notDone: '没有启动。', todo: '请改正标出的设置项。' },
    en: {
      title: 'The configuration is not right',
      notDone: 'Nothing was started.',
      todo: 'Correct the named setting.',
    },
  },
  'unknown-setting': {
    status: 422,
    retryable: false,
    zh: { title: '不认识的设置项', notDone: '没有启动。', todo: '请检查拼写；全部设置见 docs/configuration.md。' },
    en: {
      title: 'Unknown setting',
      notDone: 'Nothing was started.',
      todo: 'Check its spelling; all settings are in docs/configuration.md.',
    },
  },
  'jurisdiction-required': {
    status: 422,
    retryable: false,
    zh: {
      title: '没有说明运营者所在法域',
      notDone: '没有启动。',
      todo: '请用 --profile 或 BITHIVE_OPERATOR_JURISDICTION 说明。',
    },
    en: {
      title: "The operator's jurisdiction is not set",
      notDone: 'Nothing was started.',
      todo: 'Set it with --profile or BITHIVE_OPERATOR_JURISDICTION.',
    },
  },
  'sample-not-public': {
    status: 422,
    retryable: false,
    zh: { title: '样例模式只在本机开放', notDone: '没有启动。', todo: '请改回 127.0.0.1，或改用正式的法域配置。' },
    en: {
      title: 'Sample mode listens on this machine only',
      notDone: 'Nothing was started.',
      todo: 'Listen on 127.0.0.1, or set a real jurisdiction.',
    },
  },
  'tls-required': {
    status: 422,
    retryable: false,
    zh: { title: '对外开放需要加密', notDone: '没有启动。', todo: '请给出 TLS 证书文件，或列出可信代理的地址。' },
    en: {
      title: 'Listening beyond this machine needs encryption',
      notDone: 'Nothing was started.',
      todo: 'Give TLS files, or list the addresses of trusted proxies.',
    },
  },
})

const port = z.coerce.number().int().min(0).max(65_535)
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item.length > 0),
)
const dicomAddress = z.string().regex(/^[A-Za-z0-9_ -]{1,16}@[^:@\s]+:\d{1,5}$/)

/** Every setting, by its environment variable. What a person must know about each is in docs/configuration.md. */
export const Settings = z.strictObject({
  BITHIVE_DATA_DIR: z.string().min(1).default('.bithive'),
  BITHIVE_HOST: z.string().min(1).default('127.0.0.1'),
  BITHIVE_PORT: port.default(8080),
  /** `sample` or a lower-case jurisdiction with a rules file, for example `cn`. */
  BITHIVE_OPERATOR_JURISDICTION: z
    .string()
    .regex(/^[a-z][a-z-]{1,15}$/)
    .optional(),
  BITHIVE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Port of the DICOM receiver; 0 takes a free one. */
  BITHIVE_DICOM_PORT: port.default(11112),
  BITHIVE_DICOM_AE: z
    .string()
    .regex(/^[A-Z0-9_]{1,16}$/)
    .default('BITHIVE'),
  /** Who may send: `AE` from this machine, `AE@address` from another; by comma. */
  BITHIVE_DICOM_ALLOWED_AES: list.optional(),
  /** Where reports go: `AE@host:port`. */
  BITHIVE_PACS: dicomAddress.optional(),
  /** A PostgreSQL 16 or newer that the operator runs: used instead of the embedded one. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .optional(),
  BITHIVE_TLS_CERT_FILE: z.string().optional(),
  BITHIVE_TLS_KEY_FILE: z.string().optional(),
  BITHIVE_TRUSTED_PROXIES: list.optional(),
  /** Address that people type, when a proxy or a name stands in front: sign-in and passkeys are bound to it. */
  BITHIVE_PUBLIC_URL: z.url().optional(),
  BITHIVE_HUB_URL: z.url().optional(),
  /** The first administrator of an empty house, where no browser sets it up; the password's file goes with it. */
  BITHIVE_ADMIN_LOGIN: z.string().min(3).max(254).optional(),
  BITHIVE_ADMIN_PASSWORD_FILE: z.string().optional(),
  BITHIVE_ORGANISATION_NAME: z.string().min(1).max(120).optional(),
  /** Where the house keeps its backups; beside the data folder unless told. */
  BITHIVE_BACKUP_DIR: z.string().min(1).optional(),
  BITHIVE_LANG: z.enum(['zh', 'en']).optional(),
})
export type Settings = z.infer<typeof Settings>

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** Variables with our prefix that belong to tests, not to settings. */
const NOT_SETTINGS = new Set(['BITHIVE_WIDE', 'BITHIVE_TOKEN', 'BITHIVE_PASSPHRASE_FILE'])

/**
 * Reads the settings from the environment. An unknown `BITHIVE_` variable is refused: a misspelt setting
 * would otherwise be ignored in silence.
 * @throws config.unknown-setting, config.invalid, config.jurisdiction-required, config.sample-not-public, config.tls-
 * required
 */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings & { jurisdiction: string } {
  const given = Object.fromEntries(
    Object.entries(env).filter(
      ([key, value]) =>
        value !== undefined &&
        value !== '' &&
        (key.startsWith('BITHIVE_') || key === 'DATABASE_URL') &&
        !NOT_SETTINGS.has(key),
    ),
  )
  const unknown = Object.keys(given).find((key) => !(key in Settings.shape))
  if (unknown) throw configErrors.error('unknown-setting', { setting: unknown })
  const read = Settings.safeParse(given)
  if (!read.success) throw configErrors.error('invalid', { setting: String(read.error.issues[0]?.path[0] ?? '') })
  const settings = read.data
  if (!settings.BITHIVE_TLS_CERT_FILE !== !settings.BITHIVE_TLS_KEY_FILE) {
    const missing = settings.BITHIVE_TLS_CERT_FILE ? 'BITHIVE_TLS_KEY_FILE' : 'BITHIVE_TLS_CERT_FILE'
    throw configErrors.error('invalid', { setting: missing })
  }
  if (!settings.BITHIVE_ADMIN_LOGIN !== !settings.BITHIVE_ADMIN_PASSWORD_FILE) {
    const missing = settings.BITHIVE_ADMIN_LOGIN ? 'BITHIVE_ADMIN_PASSWORD_FILE' : 'BITHIVE_ADMIN_LOGIN'
    throw configErrors.error('invalid', { setting: missing })
  }
  const jurisdiction = settings.BITHIVE_OPERATOR_JURISDICTION
  if (!jurisdiction) throw configErrors.error('jurisdiction-required')
  if (!LOOPBACK.has(settings.BITHIVE_HOST)) {
    if (jurisdiction === 'sample') throw configErrors.error('sample-not-public', { host: settings.BITHIVE_HOST })
    const tls = settings.BITHIVE_TLS_CERT_FILE && settings.BITHIVE_TLS_KEY_FILE
    if (!tls && !settings.BITHIVE_TRUSTED_PROXIES?.length)
      throw configErrors.error('tls-required', { host: settings.BITHIVE_HOST })
  }
  return { ...settings, jurisdiction }
}

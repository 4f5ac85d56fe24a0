import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ensureConsole } from '@bithive/console'
import { type BackupsPort, type RunningHub, type SetupPort, startHub } from '@bithive/hub'
import { systemClock } from '@bithive/kernel/clock'
import type { Settings } from '@bithive/kernel/config'
import { startPostgres } from '@bithive/kernel/database'
import type { Log } from '@bithive/kernel/log'
import { createMetrics } from '@bithive/kernel/metrics'
import { systemRandomness } from '@bithive/kernel/randomness'
import { type Rules, readRules } from '@bithive/kernel/rules'
import { serve } from '@bithive/kernel/serve'
import { type DicomPeer, type RunningSite, type StartSite, startSite } from '@bithive/site'
import { claimDataFolder } from './claim-data-folder.ts'
import { describeHouse } from './describe-house.ts'
import { createFrontDoor } from './front-door.ts'
import { keepBackups } from './keep-backups.ts'
import type { KeptChoices } from './keep-choices.ts'
import { keepProfile } from './keep-profile.ts'
import { parseDicomPeer } from './parse-dicom-address.ts'
import { sampleSignIn } from './sample-sign-in.ts'
import { readConsole } from './serve-console.ts'

const VERSION = (
  JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** What every part of a house runs on. */
const machine = { clock: systemClock, randomness: systemRandomness }

export type House = {
  /** For programs. */
  readonly url: string
  /** For people. */
  readonly address: string
  readonly directory: string
  readonly rules: Rules
  readonly hub: RunningHub
  /** Starts the hospital's part in this process, or anew with other settings; the front door serves it at /site. */
  readonly openSite: (site: {
    readonly organisation: StartSite['organisation']
    readonly hubToken: () => Promise<string>
    readonly pacs: StartSite['pacs']
    /** Who may send beside those of the settings. */
    readonly senders?: readonly DicomPeer[]
  }) => Promise<RunningSite>
  /** Resolves once the pages are served, or once it is known that they are not; never rejects. */
  readonly pagesServed: Promise<void>
  /** Ends everything in the reverse order of its start; what failed to end is logged, the rest still ends. */
  readonly close: () => Promise<void>
}

/** Calls the closers in reverse order, once. */
function createClosers(log: Log) {
  const closers: { name: string; close: () => Promise<void> }[] = []
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    for (const { name, close } of closers.reverse()) {
      await close().catch((error) => log.error({ part: name, err: error }, 'a part did not end well'))
    }
  }
  return {
    add: (name: string, close: () => Promise<void>) => void closers.push({ name, close }),
    close: () => (closing ??= closeAll()),
  }
}

async function openDatabase(
  settings: Settings,
  directory: string,
  log: Log,
  closers: ReturnType<typeof createClosers>,
) {
  if (settings.DATABASE_URL) return settings.DATABASE_URL
  const postgres = await startPostgres({ directory: join(directory, 'postgres'), log })
  closers.add('postgres', postgres.stop)
  return postgres.url('postgres')
}

type PagesDeps = {
  readonly log: Log
  readonly directory: string
  readonly door: ReturnType<typeof createFrontDoor>
  readonly onBuild: (() => void) | undefined
  readonly signal: AbortSignal
}

/** A house whose pages cannot be built still serves programs, scanners and nodes. */
async function servePages({ log, directory, door, onBuild, signal }: PagesDeps): Promise<void> {
  if (!onBuild) return door.show('programs-only')
  try {
    const built = await ensureConsole({ fallback: join(directory, 'console'), onBuild, signal })
    door.show(await readConsole(built))
  } catch (error) {
    if (signal.aborted) return
    door.show('failed')
    // The build speaks of sources only, and without its words nobody could mend them.
    log.error({ reason: error instanceof Error ? error.message : '' }, 'the pages of the console were not built')
  }
}

const DEFAULT_SAMPLE_AES = ['SAMPLESCAN', 'STORESCU', 'ECHOSCU', 'BITHIVE_CMD']

const allowedBySettings = ({ BITHIVE_DICOM_ALLOWED_AES: allowed }: Settings, sample: boolean) =>
  (allowed ?? (sample ? DEFAULT_SAMPLE_AES : [])).map(parseDicomPeer)

/**
 * Opens a house: 1 data folder, 2 front door, 3 PostgreSQL, 4 hub, and later 5 the site. Everything listens where the
 * settings say: on this machine only, unless they name a real jurisdiction and encryption.
 */
export async function openHouse(options: {
  readonly settings: Settings & { readonly jurisdiction: string }
  /** True while the house holds the invented organisations. */
  readonly sample: boolean
  readonly log: Log
  /** Called when pages have to be built, which takes seconds. Absent: this house serves programs only. */
  readonly onPagesBuild?: () => void
  /** What the operator chose in a browser, and the wizard that writes it. */
  readonly choices: KeptChoices
  readonly setup: (backups: BackupsPort) => SetupPort
}): Promise<House> {
  const { settings, log } = options
  const rules = await readRules(settings.jurisdiction)
  const directory = resolve(settings.BITHIVE_DATA_DIR)
  const closers = createClosers(log)
  const claim = await claimDataFolder(directory)
  closers.add('data folder', claim.release)
  try {
    await keepProfile(join(directory, 'hub', 'secrets'), rules.profile)
    const metrics = createMetrics()
    let hub: RunningHub | undefined
    let site: RunningSite | undefined
    let waiting = false
    const isLocal = ['127.0.0.1', '::1', 'localhost'].includes(settings.BITHIVE_HOST)
    const publicHost = settings.BITHIVE_PUBLIC_URL && new URL(settings.BITHIVE_PUBLIC_URL).host
    const startedAt = systemClock.now()
    const door = createFrontDoor({
      metrics,
      // The hospital's part is the last to open; before it nobody of the hospital could sign in.
      // While a house waits for its first person there is none yet, and the wizard is what opens.
      house: () =>
        site || waiting
          ? {
              ...{ version: VERSION, profile: rules.profile, sample: options.sample, startedAt, hospital: !!site },
              ...(site ? { dicom: { aeTitle: settings.BITHIVE_DICOM_AE, port: site.dicomPort } } : {}),
              ...(options.sample && isLocal ? { sampleSignIn: sampleSignIn(directory) } : {}),
            }
          : undefined,
      ...(isLocal ? { publicHosts: publicHost ? [publicHost] : [] } : {}),
      status: async () => {
        if (!hub) return undefined
        const profile = rules.profile
        return {
          ...(await hub.status()),
          ...{ version: VERSION, profile, sample: options.sample, dicomPort: site?.dicomPort, at: systemClock.now() },
        }
      },
    })
    const { BITHIVE_TLS_CERT_FILE: certFile, BITHIVE_TLS_KEY_FILE: keyFile } = settings
    const served = await serve({
      host: settings.BITHIVE_HOST,
      port: settings.BITHIVE_PORT,
      fetch: door.fetch,
      ...(certFile && keyFile ? { tls: { certFile, keyFile } } : {}),
    })
    closers.add('front door', served.stop)
    // Building the pages takes seconds, and so does the start of everything else: they go side by side.
    const closing = new AbortController()
    const pagesServed = servePages({ log, directory, door, onBuild: options.onPagesBuild, signal: closing.signal })
    closers.add('pages', async () => {
      closing.abort()
      await pagesServed
    })
    const databaseUrl = await openDatabase(settings, directory, log, closers)
    const trustedProxies = settings.BITHIVE_TRUSTED_PROXIES ?? []
    // A passkey binds to a name, never to an address, so people are sent to localhost; programs keep the address.
    const own = served.url.replace('//127.0.0.1:', '//localhost:')
    const baseUrl = settings.BITHIVE_PUBLIC_URL ?? own
    const common = { ...machine, baseUrl, trustedOrigins: [served.url, own], trustedProxies, log, metrics }
    const backups = keepBackups({
      ...{ ...machine, directory, log, choices: options.choices, databaseUrl: () => databaseUrl },
      defaultFolder: settings.BITHIVE_BACKUP_DIR,
      onChange: () => hub?.live.publish('*', { topic: 'health' }),
    })
    const running = await startHub({
      ...common,
      databaseUrl,
      directory: join(directory, 'hub'),
      rules,
      house: { ...describeHouse({ settings, directory, version: VERSION }), backups, setup: options.setup(backups) },
    })
    hub = running
    waiting = !options.sample
    closers.add('hub', running.stop)
    running.attach(served.server)
    door.open('/hub/', running.app.fetch)
    return {
      ...{ url: served.url, address: baseUrl, directory, rules, hub: running, pagesServed },
      openSite: async ({ organisation, hubToken, pacs, senders = [] }) => {
        // A scanner keeps calling the port that it was told, also where any free one would do.
        const port = site?.dicomPort ?? settings.BITHIVE_DICOM_PORT
        if (site) door.shut('/site/')
        await site?.stop()
        const opened = await startSite({
          ...common,
          organisation,
          version: VERSION,
          databaseUrl,
          directory: join(directory, 'site'),
          hub: { url: settings.BITHIVE_HUB_URL ?? served.url, token: hubToken },
          pacs,
          dicom: {
            host: settings.BITHIVE_HOST,
            port,
            aeTitle: settings.BITHIVE_DICOM_AE,
            peers: [...allowedBySettings(settings, options.sample), ...senders],
          },
        })
        if (!site) closers.add('site', async () => site?.stop())
        site = opened
        door.open('/site/', opened.app.fetch)
        return opened
      },
      close: closers.close,
    }
  } catch (error) {
    await closers.close()
    throw error
  }
}

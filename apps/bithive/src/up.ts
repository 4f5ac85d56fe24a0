import { join, resolve } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import { readSettings } from '@bithive/kernel/config'
import { createLog } from '@bithive/kernel/log'
import { formatAmount } from '@bithive/kernel/money'
import { systemRandomness } from '@bithive/kernel/randomness'
import { type Command, type CommandContext, type CommandResult, EXIT, type Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { writeConnections } from './command/service-client.ts'
import { signInTo } from './command/sign-in.ts'
import { formatTable } from './command/table.ts'
import { followParent } from './house/follow-parent.ts'
import { keepChoices } from './house/keep-choices.ts'
import { noSetup } from './house/no-setup.ts'
import { openHouse } from './house/open-house.ts'
import { parseDicomAddress } from './house/parse-dicom-address.ts'
import { setUpHouse } from './house/set-up-house.ts'
import { nodeLine } from './node-lines.ts'
import { SAMPLE_ORGANISATIONS } from './sample/organisations.ts'
import { connectSamplePatient, prepareSamplePeople, SAMPLE_CLINICIAN } from './sample/people.ts'
import { prepareSample } from './sample/prepare-sample.ts'
import { runValueLoop } from './sample/run-value-loop.ts'
import { startSampleNodes } from './sample/sample-nodes.ts'
import { startSamplePacs } from './sample/sample-pacs.ts'
import { startStopwatch } from './sample/stopwatch.ts'
import { type Summary, summarise } from './sample/summarise.ts'
import { lineOf, type Say } from './sample/texts.ts'

type UpOptions = { readonly profile: string | undefined; readonly once: boolean }

function settingsOf(context: CommandContext, { profile }: UpOptions) {
  const given = profile ?? context.env.BITHIVE_OPERATOR_JURISDICTION ?? 'sample'
  return readSettings({ ...context.env, BITHIVE_OPERATOR_JURISDICTION: given })
}

/** Resolves when the person wants it to end. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

function tableOf(summary: Summary, locale: 'zh' | 'en'): string {
  const headers = locale === 'zh' ? ['机构', '支出', '收入', '单位'] : ['organisation', 'paid', 'earned', 'unit']
  return formatTable(
    headers,
    summary.parties.map(({ name, paid, earned, asset }) => [name[locale], paid, earned, asset]),
    [1, 2],
  )
}

/** Starts everything with the invented organisations and runs the loop; goes on serving unless `once`. */
async function runSample(context: CommandContext, options: UpOptions): Promise<CommandResult> {
  const { locale, signal } = context
  const settings = settingsOf(context, options)
  const log = createLog({ level: settings.BITHIVE_LOG_LEVEL === 'info' ? 'warn' : settings.BITHIVE_LOG_LEVEL })
  const watch = startStopwatch()
  const say: Say = (key, facts) => context.say(`${watch.stamp()}  ${lineOf(locale, key, facts)}`)
  const onPagesBuild = () => say('building')
  // Run once, the house shows its loop to a program and is gone: nobody would see the pages it took seconds to build.
  const pages = options.once ? {} : { onPagesBuild }
  const choices = keepChoices(resolve(settings.BITHIVE_DATA_DIR))
  const house = await openHouse({ settings, sample: true, log, choices, setup: () => noSetup(settings), ...pages })
  try {
    say('banner', { profile: house.rules.profile, sample: house.rules.sample ? 1 : 0 })
    const sample = await prepareSample(house)
    const archive = await startSamplePacs({ directory: join(house.directory, 'sample', 'pacs'), log })
    try {
      const hospital = SAMPLE_ORGANISATIONS[1]
      const site = await house.openSite({
        organisation: {
          orgId: sample.orgIdOf(hospital.key),
          kind: hospital.kind,
          name: hospital.name,
          jurisdiction: house.rules.jurisdiction,
          sample: true,
        },
        hubToken: sample.siteToken,
        pacs: settings.BITHIVE_PACS ? parseDicomAddress(settings.BITHIVE_PACS) : archive.target,
      })
      say('database')
      const people = await prepareSamplePeople({ house, site, sample })
      const { password } = people
      await writeConnections(house.directory, {
        hub: { url: house.url, token: await sample.commandToken() },
        site: await signInTo('site', house.url, { login: SAMPLE_CLINICIAN, password }),
      })
      watch.lap('start')
      let sandbox = ''
      const nodes = await startSampleNodes({
        house,
        sample,
        logLevel: settings.BITHIVE_LOG_LEVEL === 'info' ? 'warn' : settings.BITHIVE_LOG_LEVEL,
        onEvent: (node, event) => {
          if (event.event === 'started') sandbox = event.sandbox
          const what = ['job', 'wiped'].includes(event.event) ? nodeLine(event, locale) : undefined
          if (what) say('node', { node: node.name, what })
        },
      })
      try {
        await nodes.ready()
        say('nodes', { sandbox })
        watch.lap('nodes')
        await runValueLoop({ house, site, sample, say, locale, watch, log, signal })
        await connectSamplePatient({ house, site, sample, people })
        const summary = await summarise(house, sample)
        if (!summary.balanced) throw commandErrors.error('loop-failed', { stage: 'trial-balance' })
        say('table')
        context.say(tableOf(summary, locale))
        const { asset, scale, fromAccounting } = house.hub.treasury.settlement
        if (asset !== 'CNY') say('rate', { amount: formatAmount(fromAccounting(100n), scale), asset })
        say('balance', { difference: summary.trialBalance, asset: summary.asset })
        say('notForDiagnosis')
        if (!options.once) {
          await house.pagesServed
          say('console', { url: house.address, ae: settings.BITHIVE_DICOM_AE, port: site.dicomPort })
          say('login', { user: SAMPLE_CLINICIAN, file: join(house.directory, 'sample', 'password') })
          say('serving')
          await untilAborted(signal)
          say('stopping')
        }
        const studies = await site.imaging.listStudies()
        return {
          data: {
            profile: house.rules.profile,
            sample: true,
            studies: studies.length,
            jobs: summary.jobs.length,
            rewardsPaid: summary.rewardsPaid,
            trialBalance: summary.trialBalance,
            asset: summary.asset,
            parties: summary.parties,
            reports: (await site.reports.list()).length,
            archived: await archive.received(),
            stagesMs: watch.stages(),
          },
          text: () => '',
        }
      } finally {
        await nodes.stop()
      }
    } finally {
      await archive.stop()
    }
  } finally {
    await house.close()
  }
}

/**
 * Starts a house without samples: one organisation and its hospital, which the first person sets up in a browser with
 * the code that is printed here, or settings without one.
 */
async function runEmpty(context: CommandContext, options: UpOptions): Promise<CommandResult> {
  const settings = settingsOf(context, options)
  const level = settings.BITHIVE_LOG_LEVEL === 'info' ? 'warn' : settings.BITHIVE_LOG_LEVEL
  const say: Say = (key, facts) => context.say(lineOf(context.locale, key, facts))
  const pages = options.once ? {} : { onPagesBuild: () => say('building') }
  const directory = resolve(settings.BITHIVE_DATA_DIR)
  const choices = keepChoices(directory)
  const setup = setUpHouse({ directory, settings, choices, clock: systemClock, randomness: systemRandomness })
  const log = createLog({ level })
  const house = await openHouse({ settings, sample: false, log, choices, setup: setup.port, ...pages })
  try {
    const { code } = await setup.open(house)
    await house.pagesServed
    const port = setup.site()?.dicomPort ?? settings.BITHIVE_DICOM_PORT
    // Port 0 is drawn when the hospital's part first listens, and that is not before somebody names it.
    if (port === 0) say('consoleBeforeDicom', { url: house.address, ae: settings.BITHIVE_DICOM_AE })
    else say('console', { url: house.address, ae: settings.BITHIVE_DICOM_AE, port })
    if (code) say('setup', { code, url: `${house.address}/setup#code=${code}` })
    if (!options.once) {
      say('serving')
      await untilAborted(context.signal)
      say('stopping')
    }
    const { jobs, nodesKnown } = await house.hub.status()
    const studies = (await setup.site()?.imaging.listStudies()) ?? []
    const count = Object.values(jobs).reduce((sum, n) => sum + n, 0)
    return {
      data: { profile: house.rules.profile, sample: false, studies: studies.length, jobs: count, nodes: nodesKnown },
      text: () => '',
    }
  } finally {
    await house.close()
  }
}

const start: Command = {
  usage: '[--profile sample|cn] [--empty] [--once]',
  about: {
    zh: '启动枢纽、站点、数据库与样例节点，走一遍价值流程',
    en: 'Start hub, site, database and sample nodes, and run the value loop',
  },
  options: { profile: { type: 'string' }, empty: { type: 'boolean' }, once: { type: 'boolean' } },
  run: async (context) => {
    const profile = typeof context.values.profile === 'string' ? context.values.profile : undefined
    const options = { profile, once: context.values.once === true }
    const signal = followParent({ ...context, clock: systemClock })
    const run = context.values.empty === true ? runEmpty : runSample
    const result = await run({ ...context, signal }, options)
    if (!options.once) context.say(lineOf(context.locale, 'stopped', { directory: dataDirectoryOf(context.env) }))
    return { ...result, exit: result.exit ?? EXIT.ok }
  },
}

export const up: Noun = { about: start.about, verbs: { '': start } }

import { JobExplanation } from '@bithive/api/compute'
import { systemClock } from '@bithive/kernel/clock'
import { DomainError, type Locale } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { RunningSite } from '@bithive/site'
import { sampleFiles, sendSampleStudies } from '@bithive/site/sample-scanner'
import { commandErrors } from '../command/errors.ts'
import { createServiceClient, ServiceProblem } from '../command/service-client.ts'
import type { House } from '../house/open-house.ts'
import { stepText } from '../order-steps.ts'
import { type PreparedSample, sampleActor } from './prepare-sample.ts'
import type { Stopwatch } from './stopwatch.ts'
import type { Say } from './texts.ts'

/** Which analysis the sample orders for which modality, and how urgent it is. */
const ANALYSES = {
  CT: { workload: 'imaging.ct.lung-density', urgency: 'urgent' },
  MR: { workload: 'imaging.mr.brain-volume', urgency: 'routine' },
} as const
const MAX_PRICE = '50.00'
const DAY_MS = 86_400_000
const FAILED = new Set(['refused', 'failed', 'cancelled'])
const ENDED = new Set(['settled', ...FAILED])
/** Orders of one analysis over all starts; after that the reason needs a person. */
const MOST_ATTEMPTS = 20
/** The loop gives up, and says so, when a stage makes no progress for this long. */
const STAGE_LIMIT_MS = 180_000

/** What lists accept and lines have room for: the last letters, because the first ones are the time. */
const shortId = (id: string) => id.slice(-6)

type LoopDeps = {
  readonly house: House
  readonly site: RunningSite
  readonly sample: PreparedSample
  readonly say: Say
  readonly locale: Locale
  readonly watch: Stopwatch
  readonly log: Log
  readonly signal: AbortSignal
}

/** True for trouble that passes: a connection that broke, a service that starts again, an answer marked retryable. */
function passes(error: unknown): boolean {
  if (error instanceof DomainError) return error.entry.retryable
  if (error instanceof ServiceProblem) return error.problem.retryable
  return error instanceof Error && 'code' in error
}

/**
 * Asks again until it is so, also through a database or a hub that is down for a while.
 * @throws command.loop-failed when it never is
 */
async function until<T>(deps: LoopDeps, stage: string, ask: () => Promise<T | undefined>): Promise<T> {
  const giveUpAt = systemClock.now() + STAGE_LIMIT_MS
  for (;;) {
    const found = await ask().catch((error) => {
      if (!passes(error)) throw error
      deps.log.warn({ stage, err: error }, 'asked in vain, it will be asked again')
      return undefined
    })
    if (found !== undefined) return found
    if (systemClock.now() > giveUpAt) throw commandErrors.error('loop-failed', { stage })
    await systemClock.sleep(50, deps.signal)
  }
}

const completeStudies = async ({ site }: LoopDeps) =>
  (await site.imaging.listStudies({ limit: 200 })).filter(({ state }) => state === 'complete')

/** Sends the sample's images from its scanner. @returns the ids under which the site filed the two studies */
async function sendSamples({ site, sample, say, log }: LoopDeps): Promise<string[]> {
  const seed = await sample.secrets.get('seed')
  const scanner = { host: '127.0.0.1', port: site.dicomPort, callingAe: 'SAMPLESCAN', calledAe: 'BITHIVE' }
  const sent = await sendSampleStudies({ ...scanner, seed, log })
  for (const { key, images } of sent) say('sending', { key, images })
  if (sent.some((one) => one.stored < one.images)) throw commandErrors.error('loop-failed', { stage: 'receive' })
  say('stored', { stored: sent.reduce((sum, one) => sum + one.images, 0) })
  const ids: string[] = []
  for (const { files } of await sampleFiles(seed)) {
    // The register knows an image that it has, and says where it belongs.
    const { studyId } = await site.imaging.registerInstance(files[0] as Uint8Array, { actorId: 'system' })
    ids.push(studyId)
  }
  await sample.secrets.put('study-ids', ids.join(','))
  return ids
}

/**
 * 1 The hospital's scanner sends what it has, once. Other studies that somebody sent are theirs: the sample neither
 * orders anything for them nor says that their patients agreed.
 */
async function receive(deps: LoopDeps) {
  const known = await deps.sample.secrets.find('study-ids')
  const ids = known ? known.split(',') : await sendSamples(deps)
  const studies = await until(deps, 'receive', async () => {
    const found = (await completeStudies(deps)).filter(({ studyId }) => ids.includes(studyId))
    return found.length === ids.length ? found : undefined
  })
  if (known) deps.say('found', { studies: studies.length, orders: (await deps.site.orders.list()).total })
  for (const { series, personId } of studies) {
    for (const { modality, images } of series) deps.say('complete', { modality, images, person: personId })
  }
  deps.watch.lap('receive')
  return studies
}

type Study = Awaited<ReturnType<typeof completeStudies>>[number]

/**
 * 2 The invented patients agreed to care at home and abroad of the hospital; a head image goes nowhere all the same.
 */
async function recordConsent({ site, house, sample }: LoopDeps, personId: string): Promise<void> {
  const known = await site.consent.history(personId)
  if (known.length > 0) return
  const now = systemClock.now()
  await site.consent.record(
    {
      personId,
      purpose: 'care',
      dataClass: 'imaging',
      recipientKinds: ['home', 'hospital', 'computing-centre', 'data-centre'],
      jurisdictions: [house.rules.jurisdiction],
      from: now - DAY_MS,
      to: now + 365 * DAY_MS,
      evidenceSha256: sha256Hex(`sample consent of ${personId}`),
    },
    sampleActor(sample.orgIdOf('sample-hospital'), 'system', 'admin', 'registrar', 'privacy-officer'),
  )
}

/** 3 One analysis a series. The request key makes a second start find the order instead of making another. */
async function order(deps: LoopDeps, studies: readonly Study[]) {
  const orders: { orderId: string; workload: string }[] = []
  for (const { studyId, personId, series } of studies) {
    for (const { seriesId, modality } of series) {
      const analysis = ANALYSES[modality as keyof typeof ANALYSES]
      if (!analysis) continue
      const actor = sampleActor(deps.sample.orgIdOf('sample-hospital'), 'system')
      const wanted = { studyId, seriesId, ...analysis, maxPrice: MAX_PRICE }
      const placed = await until(deps, 'order', async () => {
        await recordConsent(deps, personId)
        // One that an earlier start saw fail is over; its successor has the next number.
        for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) {
          const requestKey = `sample:${studyId}:${attempt}`
          const found = await deps.site.orders.place({ ...wanted, requestKey }, actor)
          if (!FAILED.has(found.state)) return found
        }
        return deps.site.orders.place({ ...wanted, requestKey: `sample:${studyId}:${MOST_ATTEMPTS}` }, actor)
      })
      orders.push({ orderId: placed.orderId, workload: placed.workload })
    }
  }
  deps.watch.lap('order')
  return orders
}

/** Prints why each node was or was not chosen, once the market has looked at the job. */
async function explain(deps: LoopDeps, orderId: string): Promise<void> {
  const hub = createServiceClient({ url: deps.house.url, token: await deps.sample.commandToken() })
  const { tier } = (await deps.site.orders.explain(orderId)).order
  const explained = await until(deps, 'explain', async () => {
    const { order } = await deps.site.orders.explain(orderId)
    if (!order.jobId) return ENDED.has(order.state) ? null : undefined
    const found = JobExplanation.parse(await hub.get(`/hub/v1/jobs/${order.jobId}/explain`))
    return found.groups.some(({ code }) => code === 'chosen') || ENDED.has(order.state) ? found : undefined
  })
  for (const { text, nodes } of explained?.groups ?? []) {
    for (const { nodeName, code } of nodes) {
      const needs = code === 'tier' ? tier : 0
      deps.say('placement', { order: shortId(orderId), node: nodeName, reason: text[deps.locale], needs })
    }
  }
}

/** 4 Follows every order to its end. @throws command.loop-failed when one is not settled */
async function settle(deps: LoopDeps, orders: readonly { orderId: string }[]): Promise<void> {
  for (const { orderId } of orders) await explain(deps, orderId)
  deps.watch.lap('place')
  for (const { orderId } of orders) {
    const ended = await until(deps, 'settle', async () => {
      const { order } = await deps.site.orders.explain(orderId)
      return ENDED.has(order.state) ? order : undefined
    })
    if (ended.state !== 'settled') {
      throw commandErrors.error('loop-failed', { order: orderId, state: ended.state, problem: ended.problem ?? '' })
    }
  }
  deps.watch.lap('compute-and-settle')
}

/** 5 Waits until the hospital's archive has the reports, or a delivery ends otherwise. */
async function deliver(deps: LoopDeps): Promise<void> {
  const reports = await until(deps, 'deliver', async () => {
    const found = await deps.site.reports.list()
    const waiting = found.some(({ deliveries }) => deliveries.some(({ state }) => state === 'queued'))
    return found.length === 0 || waiting ? undefined : found
  })
  for (const { reportId, deliveries } of reports) {
    for (const { kind, stateText } of deliveries) {
      deps.say('delivered', { report: `${shortId(reportId)} ${kind.toUpperCase()}`, state: stateText[deps.locale] })
    }
  }
  deps.watch.lap('deliver')
}

/**
 * The value loop on real input: received, de-identified, ordered, placed, computed, checked, filed, delivered, paid.
 * Started again after a kill it goes on where it was. @throws command.loop-failed
 */
export async function runValueLoop(deps: LoopDeps): Promise<void> {
  const stopWatching = deps.site.orders.watch((step) => {
    deps.say('step', { order: shortId(step.orderId), text: stepText(step, deps.locale) })
  })
  try {
    const studies = await receive(deps)
    const orders = await order(deps, studies)
    await settle(deps, orders)
    await deliver(deps)
  } finally {
    stopWatching()
  }
}

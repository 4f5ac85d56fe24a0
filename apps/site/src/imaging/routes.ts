import type { Actor, Decision } from '@bithive/kernel/actor'
import { actorOf, createRoutes, type HttpEnv, httpErrors, mustAllow } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Context } from 'hono'
import type { ImagingSettings } from './deps.ts'
import { indexInstance } from './dicom-index.ts'
import { dicomWebRoutes } from './dicom-web/dicom-web-routes.ts'
import { imagingErrors } from './errors.ts'
import type { Imaging } from './index.ts'
import { boundaryOf, readParts } from './multipart.ts'
import { failureReason, type StowResult, stowResponse } from './stow-response.ts'

export type ImagingAct = 'store' | 'list' | 'preview' | 'search' | 'read'

export type ImagingRoutesDeps = {
  readonly imaging: Pick<
    Imaging,
    | 'registerInstance'
    | 'listStudies'
    | 'getStudy'
    | 'previewDeidentification'
    | 'quarantine'
    | 'thumbnail'
    | 'dicomWeb'
  >
  readonly ids: Ids
  readonly log: Log
  readonly orgId: string
  readonly settings: Pick<ImagingSettings, 'maxObjectBytes' | 'maxRequestBytes' | 'maxRequestParts'>
  /** Who may store images, look at the register, search it with names, and read images. */
  readonly authorize: (actor: Actor, act: ImagingAct) => Decision
}

type UidPair = { readonly sopClassUid: string; readonly sopInstanceUid: string; readonly studyInstanceUid: string }

/** The UIDs that a part names, as far as it can be read: a refusal is easier to act on when it says which image. */
function uidsOf(bytes: Uint8Array): UidPair {
  try {
    return indexInstance(bytes).header
  } catch {
    return { sopClassUid: '', sopInstanceUid: '', studyInstanceUid: '' }
  }
}

async function storePart(
  deps: ImagingRoutesDeps,
  bytes: Uint8Array,
  actor: Actor,
  study: string | undefined,
): Promise<StowResult> {
  const { sopClassUid, sopInstanceUid, studyInstanceUid } = uidsOf(bytes)
  try {
    if (study !== undefined && studyInstanceUid !== '' && studyInstanceUid !== study) {
      throw imagingErrors.error('wrong-study')
    }
    await deps.imaging.registerInstance(bytes, { actorId: actor.id })
    return { stored: true, sopClassUid, sopInstanceUid }
  } catch (error) {
    return { stored: false, reason: failureReason(error), sopClassUid, sopInstanceUid }
  }
}

/** How many parts of a request are registered side by side: their waits (key, disk, transaction) overlap. */
const PARALLEL = 8

/** STOW-RS (PS3.18 section 10.5). Each part is durable in the register before the answer names it as stored. */
async function store(deps: ImagingRoutesDeps, c: Context<HttpEnv>, actor: Actor, study?: string) {
  const boundary = boundaryOf(c.req.header('content-type') ?? '')
  const body = c.req.raw.body
  if (!body) throw imagingErrors.error('bad-multipart')
  const { maxObjectBytes, maxRequestBytes, maxRequestParts } = deps.settings
  const declared = Number(c.req.header('content-length') ?? 0)
  if (declared > maxRequestBytes) {
    throw imagingErrors.error('too-large', { limit: 'request bytes', max: maxRequestBytes })
  }
  const results: Promise<StowResult>[] = []
  const limits = { maxPartBytes: maxObjectBytes, maxBytes: maxRequestBytes, maxParts: maxRequestParts }
  for await (const part of readParts(body as unknown as AsyncIterable<Uint8Array>, boundary, limits)) {
    if (!/^application\/dicom(;|$)/i.test(part.contentType)) throw imagingErrors.error('media-type')
    const storing = storePart(deps, part.body, actor, study)
    // Whoever awaits it later still sees a failure; this only keeps it from counting as unheard meanwhile.
    storing.catch(() => {})
    results.push(storing)
    await results.at(-PARALLEL)
  }
  if (results.length === 0) throw imagingErrors.error('bad-multipart')
  const answer = stowResponse(await Promise.all(results))
  c.header('content-type', 'application/dicom+json')
  return c.body(JSON.stringify(answer.body), answer.status)
}

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function imagingRoutes(deps: ImagingRoutesDeps) {
  const { imaging } = deps
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>, act: ImagingAct) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    mustAllow(deps.authorize(actor, act))
    return actor
  }
  routes.post('/dicom-web/studies', (c) => store(deps, c, own(c, 'store')))
  routes.post('/dicom-web/studies/:study', (c) => store(deps, c, own(c, 'store'), c.req.param('study')))
  routes.route('/', dicomWebRoutes({ ...deps, dicomWeb: imaging.dicomWeb, own }))
  routes.get('/studies', async (c) => {
    own(c, 'list')
    const before = c.req.query('before')
    const limit = Number(c.req.query('limit') ?? '50')
    const page = { limit: Number.isInteger(limit) && limit > 0 ? limit : 50, ...(before ? { before } : {}) }
    const [studies, refused] = [await imaging.listStudies(page), await imaging.quarantine.listQuarantined()]
    // An image that was acknowledged and could not be filed must not be gone without a word.
    return c.json({ studies, quarantined: refused.map(({ reason }) => reason) })
  })
  routes.get('/studies/:studyId', async (c) => {
    own(c, 'list')
    return c.json(await imaging.getStudy(c.req.param('studyId')))
  })
  routes.get('/studies/:studyId/thumbnail', async (c) => {
    const actor = own(c, 'read')
    const { bytes, mediaType } = await imaging.thumbnail(c.req.param('studyId'), actor)
    return c.body(new Uint8Array(bytes), 200, { 'content-type': mediaType })
  })
  routes.get('/studies/:studyId/series/:seriesId/deidentification', async (c) => {
    const actor = own(c, 'preview')
    const { studyId, seriesId } = c.req.param()
    return c.json(await imaging.previewDeidentification(studyId, seriesId, actor))
  })
  return routes
}

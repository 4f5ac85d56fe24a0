import type { Actor } from '@bithive/kernel/actor'
import { createRoutes, type HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Context } from 'hono'
import type { Wanted } from './find-images.ts'
import type { Answer, ImageReader } from './read-images.ts'
import { readRendering } from './read-pictures.ts'
import { type DicomWebQuery, MAX_RESULTS, readQuery } from './read-query.ts'
import { SERIES_KEYS, type SearchResult, STUDY_KEYS } from './search-images.ts'
import { multipartType, writeMultipart } from './write-multipart.ts'

type Place = { readonly study: string; readonly series?: string }

export type DicomWeb = ImageReader & {
  readonly searchStudies: (actor: Actor, query: DicomWebQuery, root: string) => Promise<SearchResult>
  readonly searchSeries: (actor: Actor, study: string, query: DicomWebQuery, root: string) => Promise<SearchResult>
  readonly searchInstances: (actor: Actor, place: Place, query: DicomWebQuery, root: string) => Promise<SearchResult>
}

type Deps = {
  readonly dicomWeb: DicomWeb
  readonly ids: Ids
  readonly log: Log
  /** Who the caller is, once he may: of this organisation, and treating staff. */
  readonly own: (c: Context<HttpEnv>, act: 'search' | 'read') => Actor
}

const rootOf = (c: Context<HttpEnv>) => c.req.path.replace(/\/dicom-web\/.*$/, '/dicom-web')
const parametersOf = (c: Context<HttpEnv>) => new URL(c.req.url).searchParams
/** A browser's address bar cannot set a header: `?accept=` stands for it (PS3.18 section 8.3.3.1). */
const acceptOf = (c: Context<HttpEnv>) => c.req.query('accept') ?? c.req.header('accept')

function searchAnswer(c: Context<HttpEnv>, query: DicomWebQuery, { matches, more }: SearchResult): Response {
  const warnings = [
    ...(more
      ? [`299 bithive "There are additional results that can be requested; at most ${MAX_RESULTS} come at once"`]
      : []),
    ...(query.ignored.length > 0 ? [`299 bithive "Not matched: ${query.ignored.join(' ')}"`] : []),
  ]
  if (warnings.length > 0) c.header('warning', warnings.join(', '))
  c.header('content-type', 'application/dicom+json')
  return c.body(JSON.stringify(matches))
}

function send(deps: Deps, c: Context<HttpEnv>, answer: Answer): Response {
  if (answer.kind === 'whole') {
    const type = answer.contentType
    return c.body(new Uint8Array(answer.body), 200, { 'content-type': type })
  }
  const broken = (error?: unknown) => {
    // The status has left already: the connection is cut, and a reader sees that the last boundary is missing.
    if (error !== undefined) deps.log.warn({ requestId: c.get('requestId'), err: error }, 'a reading was broken off')
  }
  if (answer.kind === 'parts') {
    const boundary = `bithive-${deps.ids.next('prt')}`
    return c.body(writeMultipart(answer.parts, boundary, broken), 200, {
      'content-type': multipartType(answer.inner, boundary),
    })
  }
  const iterator = answer.chunks[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { value, done } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(Buffer.from(value))
      } catch (error) {
        broken(error)
        controller.error(error)
      }
    },
    cancel: async () => void (await iterator.return?.(undefined)),
  })
  return c.body(stream, 200, { 'content-type': 'application/dicom+json' })
}

/** QIDO-RS and WADO-RS (PS3.18 sections 10.4 and 10.6) below `/dicom-web`. */
export function dicomWebRoutes(deps: Deps) {
  const { dicomWeb, own } = deps
  const routes = createRoutes()
  const study = '/dicom-web/studies/:study'
  const series = `${study}/series/:series`
  const instance = `${series}/instances/:instance`
  const placeOf = (c: Context<HttpEnv>): Wanted => {
    const { study, series, instance } = c.req.param() as Record<string, string | undefined>
    return { study: study ?? '', series, instance }
  }

  routes.get('/dicom-web/studies', async (c) => {
    const actor = own(c, 'search')
    const query = readQuery(parametersOf(c), STUDY_KEYS)
    return searchAnswer(c, query, await dicomWeb.searchStudies(actor, query, rootOf(c)))
  })
  routes.get(`${study}/series`, async (c) => {
    const actor = own(c, 'search')
    const query = readQuery(parametersOf(c), SERIES_KEYS)
    return searchAnswer(c, query, await dicomWeb.searchSeries(actor, c.req.param('study'), query, rootOf(c)))
  })
  for (const path of [`${study}/instances`, `${series}/instances`]) {
    routes.get(path, async (c) => {
      const actor = own(c, 'search')
      const query = readQuery(parametersOf(c), 'any')
      const { study, series } = placeOf(c)
      const place = series === undefined ? { study } : { study, series }
      return searchAnswer(c, query, await dicomWeb.searchInstances(actor, place, query, rootOf(c)))
    })
  }

  for (const path of [study, series, instance]) {
    routes.get(path, async (c) => send(deps, c, await dicomWeb.copy(own(c, 'read'), placeOf(c), acceptOf(c))))
    routes.get(`${path}/metadata`, async (c) =>
      send(deps, c, await dicomWeb.metadata(own(c, 'read'), placeOf(c), acceptOf(c), rootOf(c))),
    )
    routes.get(`${path}/thumbnail`, async (c) => {
      const actor = own(c, 'read')
      const rendering = readRendering(parametersOf(c), 'thumbnail')
      return send(deps, c, await dicomWeb.picture(actor, placeOf(c), acceptOf(c), rendering))
    })
  }
  for (const path of [study, series]) {
    routes.get(`${path}/rendered`, async (c) => {
      const actor = own(c, 'read')
      const rendering = readRendering(parametersOf(c), 'rendered')
      return send(deps, c, await dicomWeb.pictures(actor, placeOf(c), acceptOf(c), rendering))
    })
  }
  routes.get(`${instance}/rendered`, async (c) => {
    const actor = own(c, 'read')
    const rendering = readRendering(parametersOf(c), 'rendered')
    return send(deps, c, await dicomWeb.picture(actor, placeOf(c), acceptOf(c), rendering))
  })
  routes.get(`${instance}/frames/:frames`, async (c) => {
    const wanted = { ...placeOf(c), frames: c.req.param('frames') }
    return send(deps, c, await dicomWeb.frames(own(c, 'read'), wanted, acceptOf(c), rootOf(c)))
  })
  for (const kind of ['rendered', 'thumbnail'] as const) {
    routes.get(`${instance}/frames/:frames/${kind}`, async (c) => {
      const actor = own(c, 'read')
      const wanted = { ...placeOf(c), frame: c.req.param('frames') }
      return send(deps, c, await dicomWeb.picture(actor, wanted, acceptOf(c), readRendering(parametersOf(c), kind)))
    })
  }
  routes.get(`${instance}/bulkdata/:tag`, async (c) =>
    send(deps, c, await dicomWeb.bulkData(own(c, 'read'), { ...placeOf(c), tag: c.req.param('tag') })),
  )
  return routes
}

import { type DicomDataSet, DicomDataSets } from '@bithive/api/imaging'
import { ReportDetail, ReportOverlay, WorklistRow } from '@bithive/api/reports'
import { useMemo } from 'react'
import { useLive } from '../shared/queries.ts'
import { numberOf, readSlices, type Slice, word } from './read-metadata.ts'
import { useReportNews } from './use-report-news.ts'

export const DICOM_WEB = '/site/v1/dicom-web'

export type Series = {
  readonly seriesInstanceUid: string
  readonly modality: string
  readonly description: string
  readonly images: number
  readonly path: string
}

const toSeries =
  (study: string) =>
  (set: DicomDataSet): Series => ({
    seriesInstanceUid: word(set, '0020000E'),
    modality: word(set, '00080060'),
    description: word(set, '0008103E'),
    images: numberOf(set, '00201209', 0),
    path: `${DICOM_WEB}/studies/${study}/series/${word(set, '0020000E')}`,
  })

/** One study for the viewer: whose it is, its series of images, and its newest results. */
export function useStudy(studyId: string) {
  const row = useLive(['studies', 'worklist-row', studyId], WorklistRow, `/site/v1/worklist/${studyId}`)
  useReportNews(() => void row.refetch())
  const uid = row.data?.studyInstanceUid
  const found = useLive(
    ['studies', 'series', uid],
    DicomDataSets,
    uid === undefined ? undefined : `${DICOM_WEB}/studies/${uid}/series`,
  )
  const series = useMemo(
    () => found.data?.map(toSeries(uid ?? '')).filter(({ modality }) => modality !== 'SEG' && modality !== 'SR'),
    [found.data, uid],
  )
  return { row, series, seriesError: found.error }
}

/** The frames of a series, in the order of scrolling. */
export function useSlices(series: Series | undefined): { readonly slices?: readonly Slice[]; readonly error: unknown } {
  const { data, error } = useLive(
    ['studies', 'metadata', series?.seriesInstanceUid],
    DicomDataSets,
    series && `${series.path}/metadata`,
  )
  const slices = useMemo(() => data && series && readSlices(data, series.path), [data, series])
  return { ...(slices ? { slices } : {}), error }
}

/** A result with its findings, and where they lie. */
export function useReport(reportId: string | undefined) {
  const path = reportId && `/site/v1/reports/${reportId}`
  const detail = useLive(['reports', 'detail', reportId], ReportDetail, path && `${path}/detail`)
  const drawn = detail.data?.documents.some(({ kind }) => kind === 'seg') === true
  const overlay = useLive(['reports', 'overlay', reportId], ReportOverlay, drawn ? `${path}/overlay` : undefined)
  return { detail, overlay: overlay.data }
}

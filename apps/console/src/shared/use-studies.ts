import { StudyList, StudyView } from '@bithive/api/studies'
import { useInfiniteQuery } from '@tanstack/react-query'
import { call } from './call.ts'
import { useLive } from './queries.ts'

const PAGE = 200

/** Studies of the hospital, newest first, a page of 200 at a time. */
export function useStudies() {
  return useInfiniteQuery({
    queryKey: ['studies', 'list'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(StudyList, `/site/v1/studies?limit=${PAGE}${pageParam && `&before=${pageParam}`}`, { signal }),
    getNextPageParam: ({ studies }) => (studies.length === PAGE ? studies.at(-1)?.studyId : undefined),
  })
}

export function useStudy(studyId: string | undefined) {
  const path = studyId ? `/site/v1/studies/${encodeURIComponent(studyId)}` : undefined
  return useLive(['studies', studyId], StudyView, path)
}

/** Kinds of image of a study, each once. */
export const modalitiesOf = ({ series }: Pick<StudyView, 'series'>): string =>
  [...new Set(series.map(({ modality }) => modality))].join(' ')

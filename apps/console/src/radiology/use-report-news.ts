import { useEffect, useRef } from 'react'
import { z } from 'zod'
import { useLive } from '../shared/queries.ts'

const Latest = z.object({ reports: z.array(z.object({ reportId: z.string() })) })

/** Calls when a report was filed, judged or sent: lists of studies show that too, and hear of studies only. */
export function useReportNews(onNews: () => void): void {
  const { dataUpdatedAt } = useLive(['reports', 'latest'], Latest, '/site/v1/reports?limit=1')
  const before = useRef(0)
  const tell = useRef(onNews)
  tell.current = onNews
  useEffect(() => {
    if (before.current !== 0 && dataUpdatedAt !== before.current) tell.current()
    before.current = dataUpdatedAt
  }, [dataUpdatedAt])
}

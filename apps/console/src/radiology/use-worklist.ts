import { Worklist, type WorklistRow } from '@bithive/api/reports'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { z } from 'zod'
import { call } from '../shared/call.ts'
import { useLive } from '../shared/queries.ts'
import { useReportNews } from './use-report-news.ts'

export type Urgency = 'stat' | 'urgent' | 'routine'
/** A study of the list, with how urgent its newest open order is, and the text that a filter looks through. */
export type WorklistEntry = { readonly row: WorklistRow; readonly urgency: Urgency | undefined; readonly text: string }

export const MOST_ROWS = 1_000
const PAGE_ROWS = 200

/** What the list needs of an order. */
const Orders = z.object({
  orders: z.array(z.object({ studyId: z.string(), urgency: z.enum(['stat', 'urgent', 'routine']) })),
})

async function readRows(signal: AbortSignal): Promise<{ rows: WorklistRow[]; truncated: boolean }> {
  const rows: WorklistRow[] = []
  let next: string | null = null
  do {
    const from: string = next === null ? '' : `&before=${next}`
    const page: Worklist = await call(Worklist, `/site/v1/worklist?limit=${PAGE_ROWS}${from}`, { signal })
    rows.push(...page.rows)
    next = page.next
  } while (next !== null && rows.length < MOST_ROWS)
  return { rows, truncated: next !== null }
}

function textOf({ patient, pseudonym, description, accessionNumber, modalities, bodyParts, studyDate }: WorklistRow) {
  const parts = [patient?.name, patient?.patientId, pseudonym, description, accessionNumber, studyDate]
  return [...parts, ...modalities, ...bodyParts].join(' ').replaceAll('^', ' ').toLowerCase()
}

/** The newest studies. Rows change in place; studies that come later wait until they are asked for. */
export function useWorklist() {
  const { data, error, refetch } = useQuery({
    queryKey: ['studies', 'worklist'],
    queryFn: ({ signal }) => readRows(signal),
    // A result may have been judged while another page was open: events about results do not reach this list there.
    refetchOnMount: 'always',
  })
  const orders = useLive(['orders', 'worklist'], Orders, '/site/v1/orders?limit=200')
  useReportNews(() => void refetch())
  const [seen, setSeen] = useState<ReadonlySet<string>>()
  const known = seen ?? (data && new Set(data.rows.map((row) => row.studyId)))
  if (!seen && known) setSeen(known)
  const urgencies = useMemo(() => {
    const found = new Map<string, Urgency>()
    for (const { studyId, urgency } of orders.data?.orders ?? []) if (!found.has(studyId)) found.set(studyId, urgency)
    return found
  }, [orders.data])
  const entries = useMemo(
    () =>
      data?.rows
        .filter((row) => known?.has(row.studyId))
        .map((row): WorklistEntry => ({ row, urgency: urgencies.get(row.studyId), text: textOf(row) })),
    [data, known, urgencies],
  )
  return {
    entries,
    fresh: (data?.rows.length ?? 0) - (entries?.length ?? 0),
    takeFresh: () => setSeen(new Set(data?.rows.map((row) => row.studyId))),
    error,
    refetch: () => void refetch(),
    truncated: data?.truncated === true,
  }
}

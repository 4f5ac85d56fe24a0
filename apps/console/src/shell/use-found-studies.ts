import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { z } from 'zod'
import { call } from '../shared/call.ts'
import { after } from '../shared/now.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { allRoomPaths } from './navigation.ts'
import type { PaletteEntry } from './palette-entries.ts'

/** What the palette needs of a study; the rest of it is passed over. */
const Found = z.object({
  studies: z.array(
    z.object({ studyId: z.string(), description: z.string().nullish(), patientId: z.string().nullish() }),
  ),
})

const MOST = 8

/** Studies of the hospital whose description, id or patient's number holds what was asked. */
export function useFoundStudies(asked: string): readonly PaletteEntry[] {
  const session = useSession()
  const [settled, setSettled] = useState('')
  useEffect(() => after(200, () => setSettled(asked.trim().toLowerCase())), [asked])
  const may = session.service === 'site' && hasRole(session, 'clinician', 'technician', 'privacy-officer')
  const { data } = useQuery({
    queryKey: ['studies', 'palette'],
    queryFn: ({ signal }) => call(Found, '/site/v1/studies', { signal }),
    enabled: may && settled.length >= 2 && allRoomPaths.has('/studies/$studyId'),
  })
  if (!data || settled.length < 2) return []
  return data.studies
    .filter(({ studyId, description, patientId }) =>
      `${studyId} ${description ?? ''} ${patientId ?? ''}`.toLowerCase().includes(settled),
    )
    .slice(0, MOST)
    .map(({ studyId, description, patientId }) => {
      const said = [patientId, description].filter(Boolean).join(' · ') || studyId
      return { key: studyId, kind: 'study', title: { zh: said, en: said }, to: `/studies/${studyId}` }
    })
}

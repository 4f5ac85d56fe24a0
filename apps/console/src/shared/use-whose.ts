import { Worklist, WorklistRow } from '@bithive/api/reports'
import { shortId } from './format.ts'
import { displayName, studyDay } from './person-name.ts'
import { useLive } from './queries.ts'
import { hasRole, useSession } from './session.tsx'
import { useLocale } from './texts.ts'

/** Whose study it is, in words: `day` and `about` are empty where they are not known. */
export type Whose = { readonly name: string; readonly day: string; readonly about: string }

const mayAsk = (session: Parameters<typeof hasRole>[0]) => hasRole(session, 'clinician', 'privacy-officer')

/** The newest studies as the reading list has them, for pages that show many. Who is shown is recorded by the site. */
export function useNewestStudies(): ReadonlyMap<string, WorklistRow> | undefined {
  const session = useSession()
  const path = mayAsk(session) ? '/site/v1/worklist?limit=200' : undefined
  const { data, error } = useLive(['studies', 'newest'], Worklist, path)
  if (data) return new Map(data.rows.map((row) => [row.studyId, row]))
  return path === undefined || error ? new Map() : undefined
}

/**
 * Whose study it is: the patient's name for those who may know it, the end of the pseudonym or number for the others.
 * @param row what is known already; without it the study is asked for by itself
 */
export function useWhose(
  { studyId, personId }: { readonly studyId: string | undefined; readonly personId: string | undefined },
  row?: WorklistRow | 'coming',
): Whose {
  const session = useSession()
  const locale = useLocale()
  const ask = studyId !== undefined && row === undefined && mayAsk(session)
  const path = ask ? `/site/v1/worklist/${encodeURIComponent(studyId)}` : undefined
  const asked = useLive(['studies', 'worklist-row', studyId], WorklistRow, path)
  const found = row === 'coming' ? undefined : (row ?? asked.data)
  if (!found) return { name: personId ? shortId(personId) : '', day: '', about: '' }
  const name = found.patient ? displayName(found, locale) : `…${found.pseudonym.slice(-8)}`
  return { name, day: studyDay(found.studyDate), about: found.description }
}

import { sha256Hex } from '@bithive/kernel/ids'
import type { ReportsDeps } from './deps.ts'
import { reportErrors } from './errors.ts'
import type { DocumentKind, ReportRow } from './store.ts'

const FILE: Readonly<Record<DocumentKind, string>> = { seg: 'seg.dcm', sr: 'sr.dcm', fhir: 'report.json' }
const blobKey = (reportId: string, kind: DocumentKind) => `reports/${reportId}/${FILE[kind]}`
const context = (reportId: string, kind: DocumentKind) => `reports.${kind}:${reportId}`

type Owner = Pick<ReportRow, 'reportId' | 'personId'>

/** The documents of reports: each a blob under its person's data key, bound to its report and kind. */
export function reportDocuments(deps: Pick<ReportsDeps, 'blobs' | 'dataKeys'>) {
  return {
    put: async ({ reportId, personId }: Owner, kind: DocumentKind, bytes: Uint8Array): Promise<void> => {
      const sealed = await deps.dataKeys.encrypt(personId, bytes, context(reportId, kind))
      await deps.blobs.put(blobKey(reportId, kind), sealed)
    },
    /** @throws reports.document-missing, kernel.person-forgotten */
    get: async ({ reportId, personId }: Owner, kind: DocumentKind, sha256: string): Promise<Uint8Array> => {
      const sealed = await deps.blobs.get(blobKey(reportId, kind))
      if (!sealed) throw reportErrors.error('document-missing', { reportId, kind })
      const bytes = await deps.dataKeys.decrypt(personId, sealed, context(reportId, kind))
      if (sha256Hex(bytes) !== sha256) throw reportErrors.error('document-missing', { reportId, kind })
      return bytes
    },
    remove: async (reportId: string): Promise<void> => {
      for (const kind of Object.keys(FILE) as DocumentKind[]) await deps.blobs.delete(blobKey(reportId, kind))
    },
  }
}

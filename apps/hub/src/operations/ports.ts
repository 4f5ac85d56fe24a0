import type {
  AdministratorInput,
  BackupRun,
  BackupView,
  DicomDestination,
  DicomSender,
  EchoOutcome,
  OrganisationInput,
  SetupState,
} from '@bithive/api/operations'

/** Backups of the whole house: both databases, images, keys. */
export type BackupsPort = {
  readonly folder: () => Promise<{ path: string; sameDisk: boolean; freeBytes: number }>
  /** @throws operations.folder-unusable */
  readonly setFolder: (path: string) => Promise<void>
  /** Newest first. */
  readonly list: () => Promise<BackupView[]>
  readonly run: () => BackupRun | undefined
  /** Starts and answers at once; `run` tells how it goes. @throws operations.backup-busy */
  readonly start: () => Promise<BackupRun>
  /** Restores elsewhere, checks, removes. @throws operations.backup-busy, operations.no-such-backup */
  readonly drill: (name: string) => Promise<BackupRun>
  /** What opens them. */
  readonly passphrase: () => Promise<string>
  readonly restoreCommand: string
}

/** The first-run wizard, as far as it reaches beyond the hub. Safe to repeat, every step. */
export type SetupPort = {
  /** True while nobody administers this house. */
  readonly isNeeded: () => Promise<boolean>
  /** Whether this is the one-time code that was printed at the start. */
  readonly opens: (code: string) => Promise<boolean>
  readonly state: () => Promise<
    Pick<SetupState, 'organisation' | 'dicom' | 'pacs' | 'finishedAt'> & { backupChosen: boolean }
  >
  readonly nameOrganisation: (organisation: OrganisationInput) => Promise<void>
  /** The first person, at both parts; the code counts no more from here on. @throws sign-in.login-taken, … */
  readonly createAdministrator: (administrator: AdministratorInput) => Promise<void>
  readonly allowSenders: (senders: readonly DicomSender[]) => Promise<void>
  /** C-ECHO from us. */
  readonly testDestination: (destination: DicomDestination) => Promise<EchoOutcome>
  readonly setDestination: (destination: DicomDestination | undefined) => Promise<void>
  readonly setBackupFolder: (path: string) => Promise<void>
  readonly finish: () => Promise<void>
}

/** What the hub cannot know of the house that it runs in. A hub alone has none. */
export type HousePort = {
  readonly version: string
  readonly directory: string
  readonly embeddedDatabase: boolean
  readonly disk: () => Promise<{ freeBytes: number; totalBytes: number } | undefined>
  /** When the TLS certificate runs out; undefined when this process does not encrypt by itself. */
  readonly certificateEndsAt: () => Promise<number | undefined>
  readonly backups: BackupsPort
  readonly setup: SetupPort
}

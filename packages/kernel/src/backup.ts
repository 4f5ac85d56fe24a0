export type { BackupKey } from './backup/backup-key.ts'
export { type BackupOptions, type BackupProgress, type BackupReport, createBackup } from './backup/create-backup.ts'
export {
  type DrillCheck,
  type DrillOptions,
  type DrillReport,
  drillBackup,
  type Restored,
} from './backup/drill-backup.ts'
export { backupErrors } from './backup/errors.ts'
export { type RestoreOptions, type RestoreReport, restoreBackup } from './backup/restore-backup.ts'
export type { DatabaseTarget } from './backup/restore-database.ts'

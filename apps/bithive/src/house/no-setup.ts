import { operationsErrors, type SetupPort } from '@bithive/hub'
import type { Settings } from '@bithive/kernel/config'

/** A house whose people and connections the start makes itself: there is nothing for a wizard to do. */
export function noSetup(settings: Settings): SetupPort {
  const refuse = () => Promise.reject(operationsErrors.error('not-in-a-house'))
  return {
    isNeeded: async () => false,
    opens: async () => false,
    state: async () => ({
      dicom: {
        ...{ aeTitle: settings.BITHIVE_DICOM_AE, host: settings.BITHIVE_HOST, port: settings.BITHIVE_DICOM_PORT },
        ...{ senders: [], heard: [] },
      },
      backupChosen: false,
    }),
    nameOrganisation: refuse,
    createAdministrator: refuse,
    allowSenders: refuse,
    testDestination: refuse,
    setDestination: refuse,
    setBackupFolder: refuse,
    finish: refuse,
  }
}

import { timingSafeEqual } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AdministratorInput, DicomDestination, OrganisationInput } from '@bithive/api/operations'
import { type BackupsPort, operationsErrors, type SetupPort } from '@bithive/hub'
import type { Clock } from '@bithive/kernel/clock'
import type { Settings } from '@bithive/kernel/config'
import { isDomainError } from '@bithive/kernel/errors'
import type { Randomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import { echoPeer, type RunningSite } from '@bithive/site'
import { commandErrors } from '../command/errors.ts'
import type { KeptChoices } from './keep-choices.ts'
import { newCode, plainCode } from './new-code.ts'
import type { House } from './open-house.ts'
import { parseDicomAddress, parseDicomPeer } from './parse-dicom-address.ts'

const SLUG = 'own-hospital'
const CODE = 'setup-code'
/** What the first administrator is at the network's part: later ones share these out. */
const FIRST_ROLES = ['admin', 'operator', 'auditor', 'finance', 'node-operator'] as const

export type HouseSetup = {
  readonly port: (backups: BackupsPort) => SetupPort
  /** Opens what is there of the house already; where somebody must set it up first, says the code for it. */
  readonly open: (house: House) => Promise<{ readonly code: string | undefined }>
  /** The hospital's part, once the organisation has a name. */
  readonly site: () => RunningSite | undefined
}

const sameText = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

const targetOf = ({ aeTitle, host, port }: DicomDestination, callingAe: string) => ({
  ...{ host, port, callingAe, calledAe: aeTitle },
})

/**
 * The house of whoever installs this: one organisation, its hospital, its first administrator. By the wizard in a
 * browser, which the one-time code opens, or without one by settings. Every step may be repeated.
 */
export function setUpHouse(deps: {
  readonly directory: string
  readonly settings: Settings
  readonly choices: KeptChoices
  readonly clock: Clock
  readonly randomness: Randomness
}): HouseSetup {
  const { settings, choices, clock, randomness } = deps
  const own = join(deps.directory, 'own')
  const secrets = createSecrets({ directory: own, randomness })
  let opened: House | undefined
  let site: RunningSite | undefined
  let administered = false

  const house = () => {
    if (!opened) throw operationsErrors.error('organisation-first')
    return opened
  }
  const organisation = () => house().hub.identity.findOrganisation(SLUG)

  const isNeeded = async () => {
    if (administered) return false
    if (!opened) return false
    const known = await organisation()
    const members = known ? await house().hub.identity.members.memberships.ofOrganisation(known.orgId) : []
    administered = members.some(({ roles }) => roles.includes('admin'))
    return !administered
  }

  const siteToken = async (orgId: string) => {
    const known = await secrets.find('site-token')
    if (known) return known
    const { token } = await house().hub.identity.issueServiceToken({ orgId, name: 'site', scope: ['orderer'] })
    await secrets.put('site-token', token)
    return token
  }

  /** Opens the hospital's part, or opens it anew with what was chosen meanwhile. */
  const openSite = async () => {
    const known = await organisation()
    if (!known) return
    const { orgId, kind, name, jurisdiction } = known
    const token = await siteToken(orgId)
    const { senders, destination } = await choices.read()
    const given = settings.BITHIVE_PACS ? parseDicomAddress(settings.BITHIVE_PACS) : undefined
    site = await house().openSite({
      organisation: { orgId, kind, name, jurisdiction, sample: false },
      hubToken: async () => token,
      pacs: destination ? targetOf(destination, settings.BITHIVE_DICOM_AE) : given,
      senders: senders.map(({ aeTitle, address }) => parseDicomPeer(address ? `${aeTitle}@${address}` : aeTitle)),
    })
  }

  const nameOrganisation = async ({ name, kind }: OrganisationInput) => {
    const { identity } = house().hub
    const known = await organisation()
    const { jurisdiction } = house().rules
    if (known) await identity.members.organisations.rename(known.orgId, { name, kind })
    else await identity.createOrganisation({ slug: SLUG, kind, name, jurisdiction, trusted: true })
    await openSite()
  }

  const createAdministrator = async ({ login, name, password, alsoWorksAs }: AdministratorInput) => {
    const known = await organisation()
    if (!known || !site) throw operationsErrors.error('organisation-first')
    const person = { login, name, password }
    try {
      await site.access.createMember({ ...person, roles: ['admin', ...alsoWorksAs] })
    } catch (error) {
      // A start that was cut off between the two parts: the hospital has the person, the network does not yet.
      if (!isDomainError(error, 'sign-in.login-taken')) throw error
    }
    const { members } = house().hub.identity
    await members.createMember({ ...person, orgId: known.orgId, roles: FIRST_ROLES, createdBy: 'setup' })
    administered = true
    await rm(join(own, CODE), { force: true })
  }

  // Two who send the form at once must not both become the first.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const next = last.then(run)
    last = next.catch(() => undefined)
    return next
  }

  /** Without a browser: the same steps from settings. */
  const setUpBySettings = async (login: string, passwordFile: string) => {
    const password = (
      await readFile(passwordFile, 'utf8').catch((error) => {
        throw commandErrors.error('no-file', { option: 'BITHIVE_ADMIN_PASSWORD_FILE' }, error)
      })
    ).trim()
    const given = settings.BITHIVE_ORGANISATION_NAME
    await nameOrganisation({
      name: { zh: given ?? '本医院', en: given ?? 'This hospital' },
      kind: 'general-hospital',
    })
    await createAdministrator({ login, name: login, password, alsoWorksAs: [] })
    await choices.change({ finishedAt: clock.now() })
  }

  const port = (backups: BackupsPort): SetupPort => ({
    isNeeded,
    opens: async (code) => {
      const expected = await secrets.find(CODE)
      return expected !== undefined && sameText(plainCode(code), plainCode(expected))
    },
    state: async () => {
      const known = opened ? await organisation() : undefined
      const { senders, destination, backupFolder, finishedAt } = await choices.read()
      return {
        ...(known
          ? { organisation: { orgId: known.orgId, name: known.name, kind: known.kind as OrganisationInput['kind'] } }
          : {}),
        dicom: {
          ...{ aeTitle: settings.BITHIVE_DICOM_AE, host: settings.BITHIVE_HOST, senders },
          ...{ port: site?.dicomPort ?? settings.BITHIVE_DICOM_PORT, heard: [...(site?.imaging.heard() ?? [])] },
        },
        ...(destination ? { pacs: destination } : {}),
        ...(finishedAt === undefined ? {} : { finishedAt }),
        backupChosen: backupFolder !== undefined,
      }
    },
    nameOrganisation: (organisation) => inTurn(() => nameOrganisation(organisation)),
    createAdministrator: (administrator) =>
      inTurn(async () => {
        if (!(await isNeeded())) throw operationsErrors.error('setup-over')
        await createAdministrator(administrator)
      }),
    allowSenders: (senders) =>
      inTurn(async () => {
        await choices.change({ senders: [...senders] })
        await openSite()
      }),
    testDestination: async (destination) => {
      const startedAt = clock.now()
      const state = await echoPeer(targetOf(destination, settings.BITHIVE_DICOM_AE))
      return { state, elapsedMs: clock.now() - startedAt }
    },
    setDestination: (destination) =>
      inTurn(async () => {
        await choices.change({ destination })
        await openSite()
      }),
    setBackupFolder: backups.setFolder,
    finish: async () => void (await choices.change({ finishedAt: clock.now() })),
  })

  return {
    port,
    site: () => site,
    open: async (running) => {
      opened = running
      await openSite()
      if (!(await isNeeded())) return { code: undefined }
      const { BITHIVE_ADMIN_LOGIN: login, BITHIVE_ADMIN_PASSWORD_FILE: passwordFile } = settings
      if (login && passwordFile) {
        await setUpBySettings(login, passwordFile)
        return { code: undefined }
      }
      const kept = await secrets.find(CODE)
      const code = kept ?? newCode(randomness, 3, 4)
      if (!kept) await secrets.put(CODE, code)
      return { code }
    },
  }
}

import { join } from 'node:path'
import type { Settings } from '@bithive/kernel/config'
import { isDomainError } from '@bithive/kernel/errors'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import type { RunningSite } from '@bithive/site'
import type { House } from './open-house.ts'
import { parseDicomAddress } from './parse-dicom-address.ts'

const ADMIN = 'admin@own.invalid'

/**
 * The hospital of whoever installs this, unnamed until they name it: an organisation, its site, and one
 * administrator at both, whose first password lies in the data folder (0600). Safe to repeat.
 */
export async function openOwnHospital(
  house: House,
  settings: Settings,
): Promise<{ site: RunningSite; signIn: { user: string; file: string } }> {
  const { identity } = house.hub
  const { jurisdiction } = house.rules
  const directory = join(house.directory, 'own')
  const secrets = createSecrets({ directory, randomness: systemRandomness })
  const name = { zh: '本医院', en: 'This hospital' }
  const kind = 'general-hospital'
  const slug = 'own-hospital'
  const found = await identity.findOrganisation(slug)
  const orgId =
    found?.orgId ?? (await identity.createOrganisation({ slug, kind, name, jurisdiction, trusted: true })).orgId
  const token = await secrets.find('site-token')
  // The hospital's own node operators act through the site; a token from before they could is replaced.
  const asSite = new Request(house.url, { headers: { authorization: `Bearer ${token ?? ''}` } })
  const known = await identity.authenticate(asSite)
  if (!known?.roles.includes('node-operator')) {
    const issued = await identity.issueServiceToken({ orgId, name: 'site', scope: ['orderer', 'node-operator'] })
    await secrets.put('site-token', issued.token)
  }
  const site = await house.openSite({
    organisation: { orgId, kind, name, jurisdiction, sample: false },
    hubToken: async () => (await secrets.find('site-token')) ?? '',
    pacs: settings.BITHIVE_PACS ? parseDicomAddress(settings.BITHIVE_PACS) : undefined,
  })
  const password = await secrets.get('admin-password')
  try {
    await site.access.createMember({ login: ADMIN, password, name: 'Administrator', roles: ['admin'] })
    const { personId } = await identity.createPerson({ login: ADMIN, password, name: 'Administrator' })
    await identity.addMembership({ orgId, personId, roles: ['admin'] })
  } catch (error) {
    if (!isDomainError(error, 'sign-in.login-taken')) throw error
  }
  return { site, signIn: { user: ADMIN, file: join(directory, 'admin-password') } }
}

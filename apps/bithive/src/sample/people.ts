import { isDomainError } from '@bithive/kernel/errors'
import { parseAmount } from '@bithive/kernel/money'
import type { RunningSite } from '@bithive/site'
import type { House } from '../house/open-house.ts'
import { ensureToken, type PreparedSample } from './prepare-sample.ts'

/** The invented people of the sample: whoever opens the console signs in as one of them. All have one password. */
const AT_THE_SITE = [
  {
    login: 'radiologist@sample.invalid',
    name: '样例医生 周岚',
    roles: ['radiologist', 'admin', 'finance', 'node-operator'],
  },
  { login: 'privacy@sample.invalid', name: '样例隐私专员 沈知白', roles: ['privacy-officer', 'registrar', 'auditor'] },
  { login: 'patient@sample.invalid', name: '样例患者 林雨晴', roles: ['patient'] },
] as const

type AtTheHub = {
  readonly login: string
  readonly name: string
  readonly organisation: 'sample-operator' | 'sample-home' | 'an author'
  readonly roles: readonly ('operator' | 'admin' | 'auditor' | 'finance' | 'node-operator' | 'author')[]
}

const AT_THE_HUB: readonly AtTheHub[] = [
  {
    login: 'operator@sample.invalid',
    name: '样例运营者 顾明远',
    organisation: 'sample-operator',
    roles: ['operator', 'admin', 'auditor', 'finance'],
  },
  {
    login: 'operator2@sample.invalid',
    name: '样例运营者 何书宁',
    organisation: 'sample-operator',
    roles: ['operator', 'admin', 'auditor', 'finance'],
  },
  {
    login: 'linxiao@sample.invalid',
    name: '林晓（样例）',
    organisation: 'sample-home',
    roles: ['admin', 'node-operator', 'finance'],
  },
  {
    login: 'author@sample.invalid',
    name: '样例作者 许澄',
    organisation: 'an author',
    roles: ['author', 'admin', 'finance'],
  },
]

export const SAMPLE_CLINICIAN = AT_THE_SITE[0].login

/** The patient's own organisation at the network, for a wallet. It carries no name: the hub knows no patient. */
const PATIENT = { slug: 'sample-patient', name: { zh: '一位患者的钱包（样例）', en: 'Wallet of a patient (sample)' } }
const PATIENT_FUNDING_CNY_PER_SHARD = '12.50'

/** A second start finds everybody again. */
async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!isDomainError(error, 'sign-in.login-taken')) throw error
  }
}

export type SamplePeople = { readonly password: string; readonly patientOrgId: string }

/** Makes the people of the sample, and a wallet for the patient. Safe to repeat. */
export async function prepareSamplePeople(deps: {
  readonly house: House
  readonly site: RunningSite
  readonly sample: PreparedSample
}): Promise<SamplePeople> {
  const { house, site, sample } = deps
  const { identity, treasury } = house.hub
  const password = await sample.secrets.get('password')
  for (const person of AT_THE_SITE) await unlessThere(() => site.access.createMember({ ...person, password }))
  const author = sample.organisations.find(({ slug }) => slug?.startsWith('sample-author-'))
  for (const { organisation, roles, ...person } of AT_THE_HUB) {
    const orgId = organisation === 'an author' ? author?.orgId : sample.orgIdOf(organisation)
    if (!orgId) continue
    await unlessThere(async () => {
      const { personId } = await identity.createPerson({ ...person, password })
      await identity.addMembership({ orgId, personId, roles })
    })
  }
  const { jurisdiction } = house.rules
  const found = await identity.findOrganisation(PATIENT.slug)
  const patient =
    found ?? (await identity.createOrganisation({ ...PATIENT, kind: 'individual', jurisdiction, sample: true }))
  await treasury.fundSample(patient.orgId, parseAmount(PATIENT_FUNDING_CNY_PER_SHARD, 2))
  return { password, patientOrgId: patient.orgId }
}

/**
 * Makes the invented patient the one of the sample's chest CT, and connects the own wallet. After the loop, because
 * nobody is registered before an image came. Safe to repeat.
 */
export async function connectSamplePatient(deps: {
  readonly house: House
  readonly site: RunningSite
  readonly sample: PreparedSample
  readonly people: SamplePeople
}): Promise<void> {
  const { house, site, sample, people } = deps
  const orgId = sample.orgIdOf('sample-hospital')
  const members = await site.access.members.memberships.ofOrganisation(orgId)
  const userId = members.find(({ roles }) => roles.includes('patient'))?.personId
  // The chest is the invented Lin Yuqing's, whose name the account carries.
  const own = (await site.imaging.listStudies()).findLast(({ series }) =>
    series.some(({ modality }) => modality === 'CT'),
  )
  if (!userId || !own) return
  const actor = { id: userId, kind: 'person', orgId, roles: ['patient'] } as const
  if (!(await site.identifiers.personOf(actor))) {
    await site.identifiers.linkPatient({ userId, personId: own.personId })
  }
  const token = await ensureToken(house, sample.secrets, {
    ...{ orgId: people.patientOrgId, name: 'patient-wallet-token' },
    scope: ['auditor'],
  })
  await site.records.connectWallet({ userId, token })
}

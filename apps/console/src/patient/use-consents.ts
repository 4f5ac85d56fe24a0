import { MyConsents } from '@bithive/api/patient'
import { useLive } from '../shared/queries.ts'

export const CONSENTS_KEY = ['consents', 'mine'] as const

export const useConsents = () => useLive(CONSENTS_KEY, MyConsents, '/site/v1/me/consents')

import { MyLink } from '@bithive/api/patient'
import { useLive } from '../shared/queries.ts'

export const LINK_KEY = ['members', 'my-link'] as const

/** Which registered person this account stands for, if it does. */
export const useMyLink = () => useLive(LINK_KEY, MyLink, '/site/v1/me/link')

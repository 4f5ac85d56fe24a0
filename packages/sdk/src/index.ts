/** The client for outsiders is not built yet; the types it will carry are those of the API. */
export type { JobOrder, JobView } from '@bithive/api/compute'

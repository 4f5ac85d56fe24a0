/** The reader's own time zone: what today and this month mean on this screen. */
export const readerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export const zoneQuery = (): string => `zone=${encodeURIComponent(readerZone())}`

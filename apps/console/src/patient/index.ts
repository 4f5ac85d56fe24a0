export { sayActor, sayData, sayDay, sayPlaces, sayPurpose, sayRecipients } from './say-terms.ts'

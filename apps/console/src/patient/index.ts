export { sayDataOf, sayDay, sayPlaces, sayPurposeOf, sayRecipients } from './say-terms.ts'

export { StudyThumbnail } from './study-thumbnail.tsx'
export { modalitiesOf, useStudies, useStudy } from './use-studies.ts'

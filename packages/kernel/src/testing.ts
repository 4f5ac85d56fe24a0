export { createTestDatabase, type TestDatabase } from './database/test-database.ts'
export { wide } from './testing/wide.ts'

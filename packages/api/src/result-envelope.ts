import { ResultEnvelope } from './compute.ts'

/**
 * The exact text that a node signs and that hub and site check: JSON without spaces, keys in the schema's order,
 * whatever order the object came in.
 * @throws ZodError when a field is missing, unknown or malformed: such an envelope has no text to sign.
 */
export function canonicalEnvelope(envelope: ResultEnvelope): string {
  const checked = ResultEnvelope.parse(envelope)
  const keys = Object.keys(ResultEnvelope.shape) as (keyof ResultEnvelope)[]
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, checked[key]])))
}

import type { Clock } from './clock.ts'
import type { Database } from './database.ts'
import { defineErrors } from './errors.ts'

export type ParameterDefinition = {
  readonly initial: bigint
  readonly min: bigint
  readonly max: bigint
  readonly unit: string
  readonly description: { readonly zh: string; readonly en: string }
}

export type ParameterChange = {
  readonly name: string
  readonly value: bigint
  readonly proposedBy: string
  readonly approvedBy: string
  readonly reason: string
}

export type ParameterVersion = {
  readonly version: number
  readonly previous: bigint
  readonly value: bigint
  readonly proposedBy: string
  readonly approvedBy: string
  readonly reason: string
  readonly atMs: number
}

export type Parameters = {
  /**
   * Makes a parameter known; at the first start it takes its initial value, later ones keep the value and take the
   * new bounds. @throws parameters.out-of-bounds when the initial or the stored value lies outside the bounds.
   */
  readonly define: (name: string, definition: ParameterDefinition) => Promise<void>
  /** @throws parameters.unknown */
  readonly get: (name: string) => Promise<bigint>
  /** @throws parameters.unknown, out-of-bounds, needs-two-people, reason-needed */
  readonly set: (change: ParameterChange) => Promise<void>
  /** Every change, oldest first. */
  readonly history: (name: string) => Promise<ParameterVersion[]>
}

export const parameterErrors = defineErrors('parameters', {
  unknown: {
    status: 404,
    retryable: false,
    zh: { title: '没有这个参数', notDone: '没有改动任何参数。', todo: '请检查参数名称。' },
    en: { title: 'There is no such parameter', notDone: 'No parameter was changed.', todo: 'Check the name.' },
  },
  'out-of-bounds': {
    status: 422,
    retryable: false,
    zh: { title: '数值超出允许范围', notDone: '参数没有改动。', todo: '请选择范围内的数值。' },
    en: {
      title: 'The value is outside its bounds',
      notDone: 'The parameter was not changed.',
      todo: 'Choose a value within the bounds.',
    },
  },
  'needs-two-people': {
    status: 403,
    retryable: false,
    zh: { title: '提出和批准必须是两个人', notDone: '参数没有改动。', todo: '请由另一位有权限的人批准。' },
    en: {
      title: 'One person may not both propose and approve',
      notDone: 'The parameter was not changed.',
      todo: 'Ask another person with the right to approve.',
    },
  },
  'reason-needed': {
    status: 422,
    retryable: false,
    zh: { title: '请写明理由', notDone: '参数没有改动。', todo: '请用一两句话说明为什么要改。' },
    en: {
      title: 'A reason is needed',
      notDone: 'The parameter was not changed.',
      todo: 'Say in a sentence or two why it should change.',
    },
  },
})

type Stored = { readonly value: bigint; readonly min: bigint; readonly max: bigint; readonly version: number }

function checkBounds(name: string, value: bigint, bounds: { min: bigint; max: bigint }): void {
  if (value >= bounds.min && value <= bounds.max) return
  const { min, max } = bounds
  throw parameterErrors.error('out-of-bounds', { name, value: `${value}`, min: `${min}`, max: `${max}` })
}

/** Names of people are compared without case and white space, so that one person does not pass for two. */
const samePerson = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase()

export function createParameters(deps: { db: Database; clock: Clock }): Parameters {
  const { db, clock } = deps
  return {
    define: async (name, definition) => {
      const { initial, min, max, unit, description } = definition
      checkBounds(name, initial, definition)
      const [stored] = await db.worker<{ value: bigint }[]>`
        INSERT INTO kernel.parameter (name, value, initial, min, max, unit, description_zh, description_en)
        VALUES (${name}, ${initial}, ${initial}, ${min}, ${max}, ${unit}, ${description.zh}, ${description.en})
        ON CONFLICT (name) DO UPDATE SET initial = excluded.initial, min = excluded.min, max = excluded.max,
          unit = excluded.unit, description_zh = excluded.description_zh, description_en = excluded.description_en
        RETURNING value`
      checkBounds(name, stored?.value ?? initial, definition)
    },
    get: async (name) => {
      const [row] = await db.worker<{ value: bigint }[]>`SELECT value FROM kernel.parameter WHERE name = ${name}`
      if (!row) throw parameterErrors.error('unknown', { name })
      return row.value
    },
    set: async (change) => {
      const { name, value, reason } = change
      const proposedBy = change.proposedBy.trim()
      const approvedBy = change.approvedBy.trim()
      if (proposedBy === '' || approvedBy === '' || samePerson(proposedBy, approvedBy)) {
        throw parameterErrors.error('needs-two-people', { name })
      }
      if (reason.trim() === '') throw parameterErrors.error('reason-needed', { name })
      await db.worker.begin(async (tx) => {
        const [stored] = await tx<Stored[]>`
          SELECT value, min, max, version FROM kernel.parameter WHERE name = ${name} FOR UPDATE`
        if (!stored) throw parameterErrors.error('unknown', { name })
        checkBounds(name, value, stored)
        const version = stored.version + 1
        await tx`UPDATE kernel.parameter SET value = ${value}, version = ${version} WHERE name = ${name}`
        await tx`
          INSERT INTO kernel.parameter_history (name, version, previous, value, proposed_by, approved_by, reason, at)
          VALUES (${name}, ${version}, ${stored.value}, ${value}, ${proposedBy}, ${approvedBy}, ${reason},
            ${new Date(clock.now())})`
      })
    },
    history: async (name) => {
      const rows = await db.worker<
        {
          version: number
          previous: bigint
          value: bigint
          proposed_by: string
          approved_by: string
          reason: string
          at: Date
        }[]
      >`SELECT version, previous, value, proposed_by, approved_by, reason, at
        FROM kernel.parameter_history WHERE name = ${name} ORDER BY version`
      return rows.map((row) => ({
        version: row.version,
        previous: row.previous,
        value: row.value,
        proposedBy: row.proposed_by,
        approvedBy: row.approved_by,
        reason: row.reason,
        atMs: row.at.getTime(),
      }))
    },
  }
}

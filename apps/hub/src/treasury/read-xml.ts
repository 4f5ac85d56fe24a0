import { SaxesParser } from 'saxes'
import { treasuryErrors } from './errors.ts'
import { MAX_STATEMENT_BYTES } from './statement.ts'

/** An element without its namespace prefix. */
export type Element = {
  readonly name: string
  readonly namespace: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly Element[]
  readonly text: string
}

type Growing = {
  name: string
  namespace: string
  attributes: Record<string, string>
  children: Growing[]
  text: string
}

const MAX_DEPTH = 40
const MAX_ELEMENTS = 800_000
const MAX_TEXT = 4_000
const MAX_ATTRIBUTES = 20

/**
 * Reads a document of data: elements, attributes and text. A document type, an entity of its own, a processing
 * instruction, another encoding than UTF-8, or anything deeper or longer than data of this kind ever is, is refused
 * before it is built up. @throws treasury.statement-forbidden, statement-too-large, statement-unreadable
 */
export function readXml(bytes: Uint8Array): Element {
  if (bytes.length > MAX_STATEMENT_BYTES) throw treasuryErrors.error('statement-too-large')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw treasuryErrors.error('statement-unreadable')
  }
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: Growing[] = []
  let root: Growing | undefined
  let elements = 0
  const forbid = () => {
    throw treasuryErrors.error('statement-forbidden')
  }
  parser.on('doctype', forbid)
  parser.on('processinginstruction', forbid)
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw treasuryErrors.error('statement-unreadable')
  })
  parser.on('error', () => {
    throw treasuryErrors.error('statement-unreadable')
  })
  parser.on('opentag', (tag) => {
    const names = Object.values(tag.attributes)
    elements++
    if (elements > MAX_ELEMENTS || open.length >= MAX_DEPTH || names.length > MAX_ATTRIBUTES) {
      throw treasuryErrors.error('statement-too-large')
    }
    const attributes = Object.fromEntries(names.map(({ local, value }) => [local, value]))
    const element: Growing = { name: tag.local, namespace: tag.uri, attributes, children: [], text: '' }
    if (open.length > 0) open.at(-1)?.children.push(element)
    else root = element
    open.push(element)
  })
  const addText = (piece: string) => {
    const element = open.at(-1)
    if (!element) return
    element.text += piece
    if (element.text.length > MAX_TEXT) throw treasuryErrors.error('statement-too-large')
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    open.pop()
  })
  parser.write(text).close()
  if (!root) throw treasuryErrors.error('statement-unreadable')
  return root
}

/** All children along a path of names. */
export function findAll(element: Element, ...path: readonly string[]): Element[] {
  let found: Element[] = [element]
  for (const name of path) found = found.flatMap(({ children }) => children.filter((child) => child.name === name))
  return found
}

export const findText = (element: Element, ...path: readonly string[]): string | undefined =>
  findAll(element, ...path)[0]?.text.trim()

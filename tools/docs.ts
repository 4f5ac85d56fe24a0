import { posix } from 'node:path'
import type { SourceFile } from './source-files.ts'

/** A test that a document names: `path` «title». */
export type NamedTest = { readonly document: string; readonly path: string; readonly title: string }

const NAMED = /`([^`\s]+\.test\.ts)`((?:\s*,?\s*«(?:[^«»]|«[^«»]*»)+»)+)/g
const TITLE = /«((?:[^«»]|«[^«»]*»)+)»/g

/** Every test named in a document, in order. A path may be followed by several titles. */
export function namedTests(document: SourceFile): NamedTest[] {
  return [...document.text.matchAll(NAMED)].flatMap(([, path, titles]) =>
    [...(titles as string).matchAll(TITLE)].map(([, title]) => ({
      document: document.path,
      path: path as string,
      title: title as string,
    })),
  )
}

/** A title as it stands between quotes in a source file: a title that lives on in a longer one is another test. */
function holdsTitle(source: string, title: string): boolean {
  const written = [title, title.replaceAll("'", "\\'")]
  return written.some((text) => ["'", '"', '`'].some((quote) => source.includes(`${quote}${text}${quote}`)))
}

/** Named tests whose file is not there, or does not hold the title. */
export function missingTests(named: readonly NamedTest[], read: (path: string) => string | undefined): string[] {
  return named.flatMap(({ document, path, title }) => {
    const source = read(path)
    if (source === undefined) return [`${document} names ${path}, which does not exist`]
    return holdsTitle(source, title) ? [] : [`${document} names «${title}», which is not in ${path}`]
  })
}

/** Rows of every table whose first column is headed «threat». */
export function threatRows(text: string): string[] {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.startsWith('| threat '))
    .flatMap((block) => block.trimEnd().split('\n').slice(2))
}

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')

/** The address of a heading where the repository is shown: lower case, letters and digits, hyphens for spaces. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')
}

export function headings(text: string): { readonly level: number; readonly title: string }[] {
  return [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^(#{1,6}) +(.+?) *$/gm)].map(([, marks, title]) => ({
    level: (marks as string).length,
    title: title as string,
  }))
}

/** Relative links of a document that lead nowhere: to no file or folder, or to a heading that is not there. */
export function brokenLinks(
  document: SourceFile,
  at: { readonly exists: (path: string) => boolean; readonly read: (path: string) => string | undefined },
): string[] {
  const links = [...withoutCode(document.text).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] as string)
  return links.flatMap((link) => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return []
    const [target = '', anchor] = link.split('#')
    const path = posix.join(posix.dirname(document.path), decodeURI(target))
    if (target !== '' && !at.exists(path)) return [`${document.path}: ${link} leads nowhere`]
    if (anchor === undefined) return []
    const text = target === '' ? document.text : (at.read(path) ?? '')
    const known = headings(text).map(({ title }) => anchorOf(title))
    return known.includes(decodeURIComponent(anchor)) ? [] : [`${document.path}: ${link} names no heading`]
  })
}

/** Commands of a document: whole lines of its code blocks, and `npm …` or `bithive …` between back-quotes. */
export function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/```\n([\s\S]*?)```/g)].flatMap((match) => (match[1] as string).split('\n'))
  const said = blocks.filter((line) => /(^|\s)(npm|storescu|storescp) /.test(line))
  const inline = [...text.matchAll(/`((?:npm|bithive|dsrdump) [^`\n]+)`/g)].map((match) => match[1] as string)
  return [...new Set([...said, ...inline])].sort()
}

/** How two documents that should say the same differ: headings by level and order, commands, tables by their rows. */
export function pairDifferences(one: SourceFile, other: SourceFile): string[] {
  const faults: string[] = []
  const levels = ({ text }: SourceFile) =>
    headings(text)
      .map(({ level }) => level)
      .join(' ')
  if (levels(one) !== levels(other)) faults.push(`${one.path} and ${other.path} have other headings`)
  const rows = ({ text }: SourceFile) => text.split('\n').filter((line) => line.startsWith('|')).length
  if (rows(one) !== rows(other)) faults.push(`${one.path} and ${other.path} have tables of other lengths`)
  const [ours, theirs] = [commandsOf(one.text), commandsOf(other.text)]
  for (const command of ours) if (!theirs.includes(command)) faults.push(`${other.path} does not name: ${command}`)
  for (const command of theirs) if (!ours.includes(command)) faults.push(`${one.path} does not name: ${command}`)
  return faults
}

/** Settings that the program reads and the page does not name, and the other way round. */
export function settingDifferences(settings: readonly string[], page: string): string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((line) => line.split('|')[1] ?? '').join('\n')
  const named = new Set([...cells.matchAll(/`(BITHIVE_[A-Z_]+|DATABASE_URL)`/g)].map((match) => match[1] as string))
  const missing = settings.filter((name) => !named.has(name)).map((name) => `${name} is not in docs/configuration.md`)
  const unknown = [...named].filter((name) => !settings.includes(name)).map((name) => `${name} is no setting any more`)
  return [...missing, ...unknown]
}

/** Nouns of the command that a document does not name as `noun` or `bithive … noun`. */
export function nounsNotNamed(nouns: readonly string[], text: string): string[] {
  return nouns.filter((noun) => !new RegExp(`(\`|bithive -- )${noun}[\` ]`).test(text))
}

/** Rooms without a page: `pages` are the names of docs/rooms/*.md, `listed` the text of the list of rooms not built. */
export function roomsWithoutPage(
  rooms: readonly string[],
  pages: readonly string[],
  listed: string,
  shared: Readonly<Record<string, string>>,
): string[] {
  return rooms.filter((path) => {
    const room = path.split('/').at(-1) as string
    return !pages.includes(shared[path] ?? room) && !listed.includes(`\`${path}\``)
  })
}

const HAN = /\p{Script=Han}/u

/** Rows of a glossary in which one of the two languages is missing: a word may be the same in both, its meaning not. */
export function glossaryFaults(text: string): string[] {
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).flatMap((line) => {
    const [english = '', chinese = '', meaning = '', ...rest] = line.slice(1, -1).split('|')
    const spoken = /[A-Za-z]{3}/.test(meaning.replace(/`[^`]*`/g, '')) && HAN.test(meaning)
    const whole = english.trim() !== '' && chinese.trim() !== '' && spoken && rest.length === 0
    return whole && (HAN.test(chinese) || chinese.trim() === english.trim()) ? [] : [`${english.trim() || line}`]
  })
}

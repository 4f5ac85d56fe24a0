import { Fragment, type ReactNode } from 'react'

/** What a guide may hold; anything else is shown as the text it is, and never as HTML. */
export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly ordered: boolean }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'text'; readonly text: string }

const cells = (line: string) =>
  line
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

const isRule = (line: string | undefined) => /^\|?[\s:|-]+\|[\s:|-]*$/.test(line ?? '') && /-/.test(line ?? '')
const ITEM = /^\s*(?:[-*]|\d+\.) +(.*)$/

/** Splits a guide into blocks. */
export function parseMarkdown(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  const blocks: Block[] = []
  let at = 0
  const take = (holds: (line: string) => boolean) => {
    const taken: string[] = []
    while (at < lines.length && holds(lines[at] as string)) taken.push(lines[at++] as string)
    return taken
  }
  while (at < lines.length) {
    const line = lines[at] as string
    const heading = /^(#{1,6}) +(.+?) *#*$/.exec(line)
    if (line.trim() === '') at += 1
    else if (heading) {
      blocks.push({ kind: 'heading', level: (heading[1] as string).length, text: heading[2] as string })
      at += 1
    } else if (line.startsWith('```')) {
      at += 1
      blocks.push({ kind: 'code', text: take((one) => !one.startsWith('```')).join('\n') })
      at += 1
    } else if (line.startsWith('|') && isRule(lines[at + 1])) {
      const [head = '', , ...rows] = take((one) => one.startsWith('|'))
      blocks.push({ kind: 'table', head: cells(head), rows: rows.map(cells) })
    } else if (ITEM.test(line)) {
      const items: string[] = []
      for (const one of take((next) => ITEM.test(next) || /^\s+\S/.test(next))) {
        const item = ITEM.exec(one)
        if (item) items.push(item[1] as string)
        else items.push(`${items.pop() ?? ''} ${one.trim()}`)
      }
      blocks.push({ kind: 'list', items, ordered: /^\s*\d/.test(line) })
    } else {
      const text = take((one) => one.trim() !== '' && !/^(#{1,6} |```|\|)/.test(one) && !ITEM.test(one))
      if (text.length > 0) blocks.push({ kind: 'text', text: text.join('\n') })
      else blocks.push({ kind: 'text', text: lines[at++] as string })
    }
  }
  return blocks
}

const INLINE = /(`[^`]+`)|(\*\*[^*]+\*\*)|\[([^\]]+)\]\(([^)\s]+)\)/g

/** Links lead to the web over https, or nowhere: a guide's neighbours are files of the repository, not of this page. */
function inline(text: string): ReactNode[] {
  const out: ReactNode[] = []
  let last = 0
  for (const match of text.matchAll(INLINE)) {
    if (match.index > last) out.push(text.slice(last, match.index))
    const [whole, code, strong, label, target = ''] = match
    const key = `${match.index}`
    if (code) out.push(<code key={key}>{code.slice(1, -1)}</code>)
    else if (strong) out.push(<strong key={key}>{strong.slice(2, -2)}</strong>)
    else if (/^https:\/\//.test(target)) {
      out.push(
        <a key={key} href={target} target="_blank" rel="noreferrer">
          {label}
        </a>,
      )
    } else out.push(<Fragment key={key}>{label}</Fragment>)
    last = match.index + whole.length
  }
  if (last < text.length) out.push(text.slice(last))
  return out
}

function Shown({ block }: { readonly block: Block }) {
  switch (block.kind) {
    // The page has the one h1, so a guide's own title is of the second rank.
    case 'heading':
      return block.level === 1 ? <h2>{inline(block.text)}</h2> : <h3>{inline(block.text)}</h3>
    case 'code':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      )
    case 'list': {
      const items = block.items.map((item, index) => <li key={`${index}-${item}`}>{inline(item)}</li>)
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>
    }
    case 'table':
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        <section className="bh-scroll" tabIndex={0} aria-label={block.head.join(', ')}>
          <table>
            <thead>
              <tr>
                {block.head.map((cell, index) => (
                  <th key={`${index}-${cell}`} scope="col">
                    {inline(cell)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, index) => (
                <tr key={`${index}-${row[0]}`}>
                  {row.map((cell, column) => (
                    <td key={`${column}-${cell}`}>{inline(cell)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )
    default:
      return <p>{inline(block.text)}</p>
  }
}

/** A guide, drawn from its text. */
export function Markdown({ text }: { readonly text: string }) {
  return (
    <div className="bh-guide">
      {parseMarkdown(text).map((block, index) => (
        <Shown key={`${index}-${block.kind}`} block={block} />
      ))}
    </div>
  )
}

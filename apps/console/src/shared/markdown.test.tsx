import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { Markdown, parseMarkdown } from './markdown.tsx'

const drawn = (text: string) => renderToStaticMarkup(<Markdown text={text} />)

describe('a guide', () => {
  test('is drawn block by block', () => {
    const html = drawn(
      '# Title\n\nOne **bold** `code`.\n\n- a\n- b\n  more\n\n| h | i |\n|---|---|\n| 1 | 2 |\n\n```\nx < y\n```\n',
    )
    expect(html).toContain('<h2>Title</h2>')
    expect(html).toContain('One <strong>bold</strong> <code>code</code>.')
    expect(html).toContain('<li>b more</li>')
    expect(html).toContain('<td>2</td>')
    expect(html).toContain('x &lt; y')
  })

  test.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[press](javascript:alert(1))',
    '[press](data:text/html,x)',
    '[press](//elsewhere.example.com)',
    '| <b>h</b> | i |\n|---|---|\n| <i>1</i> | 2 |',
    '# <script>x</script>',
  ])('never becomes HTML or a link of its own making: %s', (text) => {
    const html = drawn(text)
    expect(html).not.toMatch(/<(script|img|b|i)[\s>]/)
    expect(html).not.toContain('href=')
  })

  test('links to the web over https, in a page of its own', () => {
    expect(drawn('[dcm4che](https://www.dcm4che.org)')).toContain(
      '<a href="https://www.dcm4che.org" target="_blank" rel="noreferrer">dcm4che</a>',
    )
  })

  test('that is strange text is still shown whole', () => {
    expect(parseMarkdown('|\n```')).toEqual([
      { kind: 'text', text: '|' },
      { kind: 'code', text: '' },
    ])
  })
})

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { palette } from './palette.ts'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

const variable = (name: string) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a)
  return (high + 0.05) / (low + 0.05)
}

describe.each(['light', 'dark'] as const)('the colours of %s', (mode) => {
  const colours = palette[mode]
  const block = css.slice(css.indexOf(mode === 'light' ? ':root {' : ':root[data-mode="dark"]')).split('}')[0] ?? ''

  test('are the same in the style sheet', () => {
    for (const [name, value] of Object.entries(colours)) {
      if (typeof value !== 'string' || !value.startsWith('#')) continue
      expect(block.toLowerCase()).toContain(`${variable(name)}: ${value.toLowerCase()};`)
    }
  })

  test('have text that can be read on every ground it stands on', () => {
    const { page, surface, sunken } = colours
    for (const text of ['ink1', 'ink2', 'ink3', 'primary'] as const) {
      for (const ground of [page, surface, sunken]) expect(contrast(colours[text], ground)).toBeGreaterThanOrEqual(4.5)
    }
    for (const tone of ['ok', 'run', 'todo', 'bad', 'unknown', 'off'] as const) {
      expect(contrast(colours[tone], colours[`${tone}Soft`])).toBeGreaterThanOrEqual(4.5)
    }
    expect(contrast(colours.onPrimary, colours.primary)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(colours.lineStrong, surface)).toBeGreaterThanOrEqual(3)
  })
})

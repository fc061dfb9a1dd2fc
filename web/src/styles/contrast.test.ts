import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = readFileSync(new URL('tokens.css', import.meta.url), 'utf8')
const pairs = new Map([...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]))

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(name: string, ground: string, theme: 'light' | 'dark'): number {
  const [one, other] = [name, ground].map((token) => luminance(pairs.get(token)?.[theme] ?? '')).toSorted((a, b) => b - a)
  return ((one ?? 0) + 0.05) / ((other ?? 0) + 0.05)
}

const TEXTS: [string, string][] = [
  ...['card', 'ground', 'sunk'].flatMap((ground): [string, string][] => ['text', 'faint', 'accent'].map((text) => [text, ground])),
  ...['good', 'warn', 'bad', 'violet'].flatMap((tone): [string, string][] => [[tone, 'card'], [tone, `${tone}-ground`], ['text', `${tone}-ground`]]),
  ['accent', 'accent-ground'],
  ['on-accent', 'accent'],
  ['card', 'bad'],
  ['card', 'violet'],
]

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  it.each(TEXTS)('%s can be read on %s', (text, ground) => expect(contrast(text, ground, theme)).toBeGreaterThanOrEqual(4.5))
  it.each(['card', 'sunk'])('the edge of an input can be seen on %s', (ground) => expect(contrast('edge', ground, theme)).toBeGreaterThanOrEqual(3))
})

import { afterEach, describe, expect, it } from 'vitest'
import { setLanguage } from '../i18n'
import { bytesAsText, formatAge, formatClock, shorten } from './format'

afterEach(() => setLanguage('en'))

describe('ages', () => {
  it.each([
    [-5, '0.0 s'],
    [449, '0.4 s'],
    [9_999, '9.9 s'],
    [10_000, '10 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('%i ms are %s', (ms, text) => expect(formatAge(ms)).toBe(text))
  it('speak Chinese', () => {
    setLanguage('zh')
    expect(formatAge(449)).toBe('0.4 秒')
  })
})

it('shows the time of day to the millisecond, and what is no time as it is', () => {
  expect(formatClock('2026-11-21T12:00:01.25Z')).toMatch(/^\d\d:\d\d:01\.250$/)
  expect(formatClock('soon')).toBe('soon')
})

it('keeps the ends of a long name and all of a short one', () => {
  expect(shorten('0123456789abcdef0123', 4)).toBe('0123…0123')
  expect(shorten('012345678', 4)).toBe('012345678')
})

it('shows bytes as text where they are text, and as digits where they are not', () => {
  expect(bytesAsText(btoa('hello'))).toBe('hello')
  expect(bytesAsText('5bCx57uq')).toBe('就绪')
  expect(bytesAsText(btoa('a\u0000b'))).toBe('610062')
  expect(bytesAsText(btoa('\u00ff\u00fe'))).toBe('fffe')
  expect(bytesAsText(btoa('x'.repeat(20)), 8)).toBe('xxxxxxxx…')
  expect(bytesAsText(btoa('\u0000'.repeat(20)), 8)).toBe('0000…0000')
  expect(bytesAsText('')).toBe('')
})

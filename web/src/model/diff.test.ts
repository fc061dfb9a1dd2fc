import { expect, it } from 'vitest'
import { runs } from './diff'

it('marks whole bytes that differ, and what only one of them has', () => {
  expect(runs('00aa11', '00ab11')).toEqual([
    { text: '00', differs: false },
    { text: 'aa', differs: true },
    { text: '11', differs: false },
  ])
  expect(runs('0011', '00')).toEqual([
    { text: '00', differs: false },
    { text: '11', differs: true },
  ])
  expect(runs('', 'ff')).toEqual([])
})

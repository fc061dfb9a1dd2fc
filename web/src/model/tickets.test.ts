import { describe, expect, it } from 'vitest'
import { STATES, actionsOf, countOf, layOut, leadsTo, receiptFile, summary } from './tickets'

describe('actions', () => {
  const all = ['validate', 'consume', 'dispute'] as const
  it.each([
    ['ISSUED', ['validate']],
    ['VALIDATED', ['consume', 'dispute']],
    ['CONSUMED', []],
    ['DISPUTED', []],
  ] as const)('%s allows %j', (State, actions) => expect(actionsOf({ State, allowed: [...all] })).toEqual(actions))
  it('are never more than the server allows', () => expect(actionsOf({ State: 'VALIDATED', allowed: ['dispute'] })).toEqual(['dispute']))
  it('lead where the protocol says', () => expect(['issue', 'validate', 'consume', 'dispute'].map((action) => leadsTo(action as 'issue'))).toEqual([...STATES]))
})

it('counts by state', () => {
  const counts = { total: 10, issued: 4, validated: 3, consumed: 2, disputed: 1 }
  expect([null, ...STATES].map((state) => countOf(counts, state))).toEqual([10, 4, 3, 2, 1])
})

it('sums up the most telling fields, and any where none is known', () => {
  expect(summary({ buyer: 'b@x', event: 'Festival', price: '40', seat: 'A1', section: 'VIP', venue: 'Arena' })).toBe('Festival · VIP · A1 · 40')
  expect(summary({ colour: 'red' })).toBe('red')
  expect(summary({})).toBe('')
})

it('lays out JSON and leaves other text alone', () => {
  expect(layOut('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(layOut('{a')).toBe('{a')
})

it('writes receipts as the command line reads them', () => {
  expect(JSON.parse(receiptFile({ canonical: 'AAEC' }))).toEqual({ format: 'unisono-receipt/1', canonical: 'AAEC' })
})

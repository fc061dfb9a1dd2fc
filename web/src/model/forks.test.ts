import { expect, it } from 'vitest'
import { candidatesOf, type View } from './forks'

const view = (name: string, shared: string, tentative: View['tentative'] = null): View => ({ name, shared, tentative })

it('shows one candidate where all validators have the same chain', () => {
  expect(candidatesOf([view('n0', 'a'), view('n1', 'a')], 7)).toEqual([{ height: 7, hash: 'a', by: ['n0', 'n1'], final: true, contested: false }])
})

it('names both sides of a fork, of certified blocks and of heads that may still be replaced', () => {
  const forked = candidatesOf([view('n0', 'a', { height: 9, digest: 'x' }), view('n1', 'a', { height: 9, digest: 'y' }), view('n2', 'b')], 7)
  expect(forked.map(({ height, hash, by, contested }) => [height, hash, by.join(), contested])).toEqual([
    [9, 'x', 'n0', true],
    [9, 'y', 'n1', true],
    [7, 'a', 'n0,n1', true],
    [7, 'b', 'n2', true],
  ])
})

it('is no fork where one validator is only further than another', () => {
  const apart = candidatesOf([view('n0', 'a', { height: 9, digest: 'x' }), view('n1', 'a', { height: 8, digest: 'w' })], 7)
  expect(apart.some(({ contested }) => contested)).toBe(false)
})

it('has nothing to show before the first block', () => expect(candidatesOf([view('n0', '')], 0)).toEqual([]))

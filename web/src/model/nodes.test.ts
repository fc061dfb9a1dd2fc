import { expect, it } from 'vitest'
import type { NodeRow } from '../api/types'
import { stateOf } from './nodes'

const node = (state: NodeRow['state']): NodeRow => ({ id: 'n0', name: 'node0', is_me: false, role: 'backup', state })

it.each([
  ['up', null, 'up'],
  ['up', 'running', 'up'],
  ['up', 'stopped', 'down'],
  ['silent', 'error', 'down'],
  ['down', 'starting', 'starting'],
  ['up', 'stopping', 'stopping'],
  ['accused', 'stopped', 'accused'],
] as const)('heard %s, process %s: shown %s', (state, status, shown) => {
  expect(stateOf(node(state), status === null ? null : { id: 'node0', status })).toBe(shown)
})

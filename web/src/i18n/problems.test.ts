import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { problems } from './problems.en'

const ledger = readFileSync(new URL('../../../crates/ledger/src/outcome.rs', import.meta.url), 'utf8')
const refusals = [...ledger.matchAll(/^ {4}\w+ = \d+, "(\w+)",/gm)].map(([, label]) => label ?? '')

describe('the refusals of the ledger', () => {
  it('are found', () => expect(refusals.length).toBeGreaterThan(60))
  it.each(refusals)('%s says what and what next', (label) => {
    expect(problems).toHaveProperty([`problem.${label}`])
    expect(problems).toHaveProperty([`problem.${label}.next`])
  })
})

import { afterEach, describe, expect, it } from 'vitest'
import { setLanguage } from '../i18n'
import type { Verdict } from '../verifier/verdict'
import { momentOf, mustBeOf, outcomeWords, verdictSentence, wordsOf } from './proof'

const attested = { height: 7, block: 'bb', time_us: 1_767_225_600_000_000, signers: [{ place: 0, name: 'n0' }] }
const holds: Verdict = { valid: true, steps: [], proved: { kind: 'receipt', transaction: 'aa', outcome: 'APPLIED', index: 4, ...attested } }
afterEach(() => setLanguage('en'))

describe('a proof', () => {
  it('of what was asked for holds', () => expect(mustBeOf('aa', holds)).toBe(holds))
  it('of something else proves nothing here', () => {
    const verdict = mustBeOf('cc', holds)
    expect(verdict).toMatchObject({ valid: false, steps: [{ topic: 'subject', state: 'failed', code: 'OTHER_SUBJECT' }] })
    expect(verdict.proved).toBeUndefined()
    expect(verdictSentence(verdict)).toBe('This proves nothing: it fails at “Subject”')
  })
  it('of an entry is of an application and a key', () => {
    const entry: Verdict = { valid: true, steps: [], proved: { kind: 'entry', app: 6, key: 'hub', key_hex: '687562', ...attested } }
    expect(mustBeOf('6/687562', entry).valid).toBe(true)
    expect(mustBeOf('5/687562', entry).valid).toBe(false)
  })
  it('that fails stays as it is', () => {
    const fails: Verdict = { valid: false, why: 'x', steps: [] }
    expect(mustBeOf('aa', fails)).toBe(fails)
  })
})

describe('words', () => {
  it('of a step that the page does not know are the verifier’s own', () => {
    expect(wordsOf({ code: 'NOVEL', text: 'as it says', values: {} })).toBe('as it says')
  })
  it('of an outcome are the ledger’s refusals', () => {
    expect(outcomeWords('APPLIED')).toBe('took effect')
    expect(outcomeWords('VOTING_CLOSED')).toBe('refused: The vote is over')
    expect(outcomeWords('NOVEL')).toBe('refused: NOVEL')
    setLanguage('zh')
    expect(outcomeWords('VOTING_CLOSED')).toBe('被拒绝：投票已经截止')
  })
  it('of a moment are RFC 3339', () => expect(momentOf(1_767_225_600_000_000)).toBe('2026-01-01T00:00:00.000Z'))
})

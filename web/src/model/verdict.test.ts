import { afterEach, describe, expect, it } from 'vitest'
import type { Network, Why } from '../api/types'
import { setLanguage } from '../i18n'
import { moodOf, needsReason, reasons, remarks, sentence, steadySentence } from './verdict'

afterEach(() => setLanguage('en'))

function network(verdict: Partial<Network['verdict']>): Network {
  const whole = { level: 'healthy', sentence: '', nodes_up: 4, nodes_total: 4, can_lose: 1, last_commit_age_ms: 300, silent: [], accused: [] } as const
  return {
    name: 'dev', chain: 'c0', protocol: 'pbft', me: 'node1', view: 0, height: 3, certified: 3, nodes: [], evidence: [], view_changes: [],
    verdict: { ...whole, silent: [], accused: [], ...verdict },
    margins: [{ kind: 'liveness', tolerated: 1, present: 0, left: 1, quorum: 3 }],
    pool: { transactions: 0, bytes: 0, batches: 0 },
    tickets: { total: 0, issued: 0, validated: 0, consumed: 0, disputed: 0 },
  }
}
const known = (verdict: Partial<Network['verdict']>, ageMs = 100) => ({ network: network(verdict), ageMs, failing: false })

describe('the sentence', () => {
  it.each([
    [known({}), 'Healthy: 4 of 4, can lose 1; last commit 0.4 s ago'],
    [known({ level: 'degraded', nodes_up: 3, can_lose: 0 }, 0), 'Degraded: 3 of 4, can lose no more; last commit 0.3 s ago'],
    [known({ level: 'degraded', nodes_up: 6, nodes_total: 7, can_lose: 1 }, 0), 'Degraded: 6 of 7, can lose 1 more; last commit 0.3 s ago'],
    [known({ level: 'stalled', last_commit_age_ms: 12_000 }), 'Stalled: 4 of 4 answer, yet nothing commits; last commit 12 s ago'],
    [known({ level: 'down', nodes_up: 2 }, 60_000), 'Stopped: 2 of 4 answer, 3 are needed; last commit 1 min ago'],
    [{ network: null, ageMs: 0, failing: false }, 'Asking the network…'],
    [{ network: null, ageMs: 0, failing: true }, 'No validator answers this page'],
    [{ network: network({}), ageMs: 8_000, failing: true }, 'No validator answers this page; the last answer is 8.0 s old'],
  ])('%#', (knowledge, text) => expect(sentence(knowledge)).toBe(text))

  it('says when nothing was committed yet', () => {
    const answer = network({})
    delete answer.verdict.last_commit_age_ms
    expect(sentence({ network: answer, ageMs: 0, failing: false })).toBe('Healthy: 4 of 4, can lose 1; no commit yet')
  })
  it('speaks Chinese', () => {
    setLanguage('zh')
    expect(sentence(known({}))).toBe('正常：4 个中 4 个在线，还能少 1 个；最近一次提交在 0.4 秒前')
  })
  it('is told to a screen reader without the part that ticks', () => {
    expect(steadySentence(known({}, 100))).toBe(steadySentence(known({}, 900)))
    expect(steadySentence(known({ level: 'degraded', nodes_up: 3, can_lose: 0, silent: ['node0'] }))).toContain('node0')
  })
})

it('takes its mood from the answer, and from there being none', () => {
  expect(moodOf(known({ level: 'stalled' }))).toBe('stalled')
  expect(moodOf({ network: network({}), ageMs: 0, failing: true })).toBe('unreachable')
  expect(moodOf({ network: null, ageMs: 0, failing: false })).toBe('loading')
})

it('names who is silent and who lied', () => {
  expect(remarks(network({ silent: ['node0', 'node2'], accused: ['node3'] }).verdict)).toEqual(['Not heard from: node0 and node2.', 'Proved lying: node3.'])
  expect(remarks(network({}).verdict)).toEqual([])
})

describe('the reason', () => {
  it('is asked for only where something does not go on', () => {
    expect(needsReason(null)).toBe(false)
    expect(needsReason(network({}))).toBe(false)
    expect(needsReason(network({ level: 'degraded' }))).toBe(false)
    expect(needsReason(network({ level: 'stalled' }))).toBe(true)
    expect(needsReason(network({ level: 'down' }))).toBe(true)
  })
  const why: Why = { subject: 'network', kind: 'network', answer: 'blocked', sentence: 'the server’s own words', votes: ['node1', 'node2'], missing: ['node0', 'node3'], need: 3, facts: [] }
  it('names votes, whose are missing, and the timer', () => {
    expect(reasons({ ...why, height: 9, phase: 'prepare', timer: { name: 'view-change', span_ms: 2_000 } })).toEqual([
      'Height 9 waits for the checks (prepare): 2 of 3 votes are here.',
      'Missing: node0 and node3.',
      'The next attempt begins by itself within 2.0 s (view-change).',
    ])
  })
  it('is the server’s sentence where it names no height', () => {
    expect(reasons({ ...why, missing: [] })).toEqual(['the server’s own words'])
  })
})

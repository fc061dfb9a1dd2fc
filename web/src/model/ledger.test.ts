import { describe, expect, it } from 'vitest'
import type { ForkReport, Network } from '../api/types'
import { basisPoints, ledgerMood, ledgerSentence, percent, sharesOf, standing } from './ledger'

const network = (height: number, certified: number): Network => ({ height, certified }) as Network
const forks = (alarms: number, diverged = false): ForkReport => ({ alarms: Array.from({ length: alarms }, () => ({ kind: 'k', detail: '' })), diverged }) as ForkReport
const say = (height: number, certified: number, report: ForkReport | null): string => ledgerSentence({ network: network(height, certified), forks: report, failing: false })

describe('the first sentence', () => {
  it('says how the chain stands', () => {
    expect(say(1204, 1204, forks(0))).toBe('Sound: 1,204 blocks, all certified, no fork')
    expect(say(1204, 1204, null)).toBe('Sound: 1,204 blocks, all certified')
    expect(say(9, 7, forks(0))).toBe('Sound: 9 blocks; the last 2 wait for signatures')
    expect(say(0, 0, forks(0))).toBe('The chain begins: no block yet')
  })
  it('raises the alarm before anything else', () => {
    expect(say(9, 7, forks(1))).toMatch(/^Alarm: something stands against what is final/)
    expect(say(9, 9, forks(0, true))).toMatch(/^Alarm: this validator computed another state/)
    expect(ledgerMood({ network: network(9, 9), forks: forks(1), failing: false })).toBe('down')
  })
  it('does not claim what it has not heard', () => {
    expect(ledgerMood({ network: null, forks: null, failing: false })).toBe('loading')
    expect(ledgerMood({ network: network(9, 9), forks: forks(0), failing: true })).toBe('unreachable')
  })
})

describe('a tally', () => {
  const tally = { approve: 20_000, reject: 5_000, abstain: 2_500, total: 40_000 }
  it('is shares of the whole stake', () => {
    expect(sharesOf(tally)).toEqual({ approve: 50, reject: 12.5, abstain: 6.25, silent: 31.25 })
    expect(sharesOf({ approve: 0, reject: 0, abstain: 0, total: 0 })).toEqual({ approve: 0, reject: 0, abstain: 0, silent: 0 })
  })
  it('meets thresholds as the ledger counts: 80 % of what decided against 67 %', () => {
    expect(standing({ tally, quorum_bp: 1_000, approval_bp: 6_700 })).toEqual({ turnout: true, approval: true })
    expect(standing({ tally, quorum_bp: 7_000, approval_bp: 8_001 })).toEqual({ turnout: false, approval: false })
    expect(standing({ tally: { ...tally, approve: 0, reject: 0, abstain: 0 }, quorum_bp: 1, approval_bp: 5_001 })).toEqual({ turnout: false, approval: false })
  })
  it('is read in percent', () => {
    expect(percent(20_000, 25_000)).toBe('80 %')
    expect(percent(1, 3)).toBe('33.3 %')
    expect(percent(0, 0)).toBe('–')
    expect(basisPoints(6_700)).toBe('67 %')
  })
})

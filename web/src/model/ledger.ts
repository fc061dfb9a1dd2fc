// The first sentence of the Ledger page, and how votes stand.
import type { ForkReport, Network, Proposal } from '../api/types'
import { formatInteger, t } from '../i18n'
import type { Mood } from './verdict'

export interface LedgerKnowledge {
  network: Network | null
  forks: ForkReport | null
  failing: boolean
}

/** How the chain stands, in the moods of the Network page. */
export function ledgerMood({ network, forks, failing }: LedgerKnowledge): Mood {
  if (failing) return 'unreachable'
  if (network === null) return 'loading'
  if (forks !== null && (forks.diverged || forks.alarms.length > 0)) return 'down'
  return network.certified < network.height ? 'degraded' : 'healthy'
}

/** The sentence that comes first. */
export function ledgerSentence(knowledge: LedgerKnowledge): string {
  const { network, forks } = knowledge
  const mood = ledgerMood(knowledge)
  if (mood === 'unreachable') return t('verdict.unreachable')
  if (network === null) return t('ledger.asking')
  const height = formatInteger(network.height)
  if (mood === 'down') return forks?.diverged === true ? t('ledger.diverged', { height }) : t('ledger.forked', { height })
  if (network.height === 0) return t('ledger.none')
  if (mood === 'healthy') return t(forks === null ? 'ledger.sound.alone' : 'ledger.sound', { height })
  return t('ledger.waiting', { height, waiting: formatInteger(network.height - network.certified) })
}

/** Parts of the stake as shares of a hundred, for a bar: for, against, neither, and who has not voted. */
export interface Shares {
  approve: number
  reject: number
  abstain: number
  silent: number
}

export function sharesOf({ approve, reject, abstain, total }: Proposal['tally']): Shares {
  const share = (stake: number): number => (total === 0 ? 0 : (100 * stake) / total)
  const silent = Math.max(0, total - approve - reject - abstain)
  return { approve: share(approve), reject: share(reject), abstain: share(abstain), silent: share(silent) }
}

/** A part of a whole in percent; a dash where there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? t('none') : t('percent', { n: Number(((100 * part) / whole).toFixed(1)) })
}

/** Basis points in percent. */
export const basisPoints = (bp: number): string => percent(bp, 10_000)

/** How the turnout and the approval stand against what is needed; in basis points and whole numbers, as the ledger counts. */
export function standing({ tally, quorum_bp, approval_bp }: Pick<Proposal, 'tally' | 'quorum_bp' | 'approval_bp'>): { turnout: boolean; approval: boolean } {
  const [voted, decided] = [tally.approve + tally.reject + tally.abstain, tally.approve + tally.reject]
  const reaches = (part: number, whole: number, bp: number): boolean => whole > 0 && BigInt(part) * 10_000n >= BigInt(whole) * BigInt(bp)
  return { turnout: reaches(voted, tally.total, quorum_bp), approval: reaches(tally.approve, decided, approval_bp) }
}

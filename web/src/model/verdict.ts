// The first sentence of the Network page, from the parts that the API gives.
import type { Network, Verdict, Why } from '../api/types'
import { formatInteger, formatList, lookUp, t } from '../i18n'
import { formatAge } from './format'

export type Mood = 'healthy' | 'degraded' | 'stalled' | 'down' | 'unreachable' | 'loading'

/** What the page knows: the last answer, how old it is, and whether the last question failed. */
export interface Knowledge {
  network: Network | null
  ageMs: number
  failing: boolean
}

export function moodOf({ network, failing }: Knowledge): Mood {
  if (failing) return 'unreachable'
  return network === null ? 'loading' : network.verdict.level
}

/** The sentence that comes first. `agoMs` is added to the ages in the answer. */
export function sentence(knowledge: Knowledge): string {
  const { network, ageMs, failing } = knowledge
  if (network === null) return t(failing ? 'verdict.unreachable' : 'verdict.loading')
  if (failing) return t('verdict.unreachable.last', { age: formatAge(ageMs) })
  return opening(network) + lastCommit(network.verdict, ageMs)
}

/** The sentence without the part that changes every moment: what a screen reader should be told. */
export function steadySentence(knowledge: Knowledge): string {
  const { network, failing } = knowledge
  if (network === null || failing) return t(failing ? 'verdict.unreachable' : 'verdict.loading')
  return [opening(network), ...remarks(network.verdict)].join('. ')
}

function opening(network: Network): string {
  const { level, nodes_up, nodes_total, can_lose } = network.verdict
  const up = formatInteger(nodes_up)
  const total = formatInteger(nodes_total)
  const lose = formatInteger(can_lose)
  switch (level) {
    case 'healthy':
      return t('verdict.healthy', { up, total, lose })
    case 'degraded':
      return can_lose === 0 ? t('verdict.degraded.none', { up, total }) : t('verdict.degraded', { up, total, lose })
    case 'stalled':
      return t('verdict.stalled', { up, total })
    case 'down':
      return t('verdict.down', { up, total, quorum: formatInteger(network.margins[0]?.quorum ?? nodes_total) })
  }
}

function lastCommit(verdict: Verdict, ageMs: number): string {
  const age = verdict.last_commit_age_ms
  return age === undefined || age === null ? t('verdict.nocommit') : t('verdict.commit', { age: formatAge(age + ageMs) })
}

/** Who is silent and who lied, a sentence each. */
export function remarks(verdict: Verdict): string[] {
  const sentences: string[] = []
  if (verdict.silent.length > 0) sentences.push(t('verdict.silent', { names: formatList(verdict.silent) }))
  if (verdict.accused.length > 0) sentences.push(t('verdict.accused', { names: formatList(verdict.accused) }))
  return sentences
}

/** Whether the reason should be asked for: something waits that may need a hand. */
export const needsReason = (network: Network | null): boolean =>
  network !== null && (network.verdict.level === 'stalled' || network.verdict.level === 'down')

/** The reason in the reader's language, from its parts; the server's own sentence where it names none. */
export function reasons(why: Why): string[] {
  const sentences: string[] = []
  if (why.height !== undefined && why.height !== null && why.phase) {
    const phase = lookUp(`phase.${why.phase}`) ?? why.phase
    const values = { height: formatInteger(why.height), phase, have: why.votes.length, need: why.need }
    sentences.push(t('why.waiting', values))
  } else {
    sentences.push(why.sentence)
  }
  if (why.missing.length > 0) sentences.push(t('why.missing', { names: formatList(why.missing) }))
  if (why.timer) sentences.push(t('why.timer', { span: formatAge(why.timer.span_ms), name: why.timer.name }))
  return sentences
}

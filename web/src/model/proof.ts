// What a check found, in the reader's language.
import { lookUp, t, tell } from '../i18n'
import type { Proved, Step, Verdict } from '../verifier/verdict'

/** A step in words; the verifier's own English where the page does not know its code. */
export function wordsOf({ code, text, values }: Pick<Step, 'code' | 'text' | 'values'>): string {
  return tell(`step.${code}`, values) ?? text
}

/** What became of a transaction, in words. */
export function outcomeWords(outcome: string): string {
  if (outcome === 'APPLIED') return t('outcome.APPLIED')
  return t('outcome.refused', { why: lookUp(`problem.${outcome}`) ?? outcome })
}

/** The sentence that comes first. */
export function verdictSentence(verdict: Verdict): string {
  const failed = verdict.steps.find(({ state }) => state === 'failed')
  if (failed) return t('proof.invalid', { step: t(`topic.${failed.topic}`) })
  if (verdict.proved === undefined) return t('proof.valid')
  return t(`proof.valid.${verdict.proved.kind}`)
}

/** A moment in microseconds since 1970 as RFC 3339. */
export const momentOf = (us: number): string => new Date(us / 1000).toISOString()

/** Who signed, by name. */
export function signersOf(proved: Proved): string[] {
  return proved.signers.map((signer) => (typeof signer === 'string' ? signer : signer.name))
}

/** Says of what a proof is, in the terms in which it was asked for. */
export function subjectOf(proved: Proved): string {
  switch (proved.kind) {
    case 'receipt':
      return proved.transaction
    case 'entry':
      return `${proved.app}/${proved.key_hex}`
    case 'head':
      return String(proved.size)
    case 'block':
      return proved.block
  }
}

/** A proof of something else proves nothing here, however good it is. */
export function mustBeOf(wanted: string, verdict: Verdict): Verdict {
  const found = verdict.proved === undefined ? wanted : subjectOf(verdict.proved)
  if (found === wanted) return verdict
  const values = { found, wanted }
  const text = tell('step.OTHER_SUBJECT', values) ?? ''
  return { valid: false, why: text, steps: [...verdict.steps, { topic: 'subject', state: 'failed', code: 'OTHER_SUBJECT', text, values }] }
}

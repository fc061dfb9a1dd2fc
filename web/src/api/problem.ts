// What went wrong, in three lines: what, why, and what to do next.
import { lookUp, t } from '../i18n'
import type { ProblemBody } from './types'

/** A failed request. `code` is the server's stable name, or NETWORK, TIMEOUT, MALFORMED for what happened on the way. */
export class Problem extends Error {
  override readonly name = 'Problem'
  constructor(
    readonly code: string,
    readonly status: number,
    readonly body: Partial<ProblemBody> = {},
    readonly seconds = 0,
  ) {
    super(body.detail ?? code)
  }
}

/** Makes a problem of an answer that is not a success. */
export function fromAnswer(status: number, body: unknown): Problem {
  if (typeof body !== 'object' || body === null) return new Problem('MALFORMED', status)
  const fields = body as Partial<ProblemBody>
  const detail = fields.detail ?? fields.error
  if (typeof fields.code === 'string') return new Problem(fields.code, status, fields)
  if (typeof detail === 'string') return new Problem('OTHER', status, { ...fields, detail })
  return new Problem('MALFORMED', status)
}

/** Makes a problem of whatever was thrown. */
export function toProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem('NETWORK', 0)
}

/** A problem's three lines in the reader's language, as far as the server's words allow. */
export function explain(problem: Problem): { what: string; why: string; next: string } {
  const { code, body, status, seconds } = problem
  return {
    what: lookUp(`problem.${code}`) ?? body.title ?? t('problem.MALFORMED'),
    why: reason(problem, status, seconds),
    next: lookUp(`problem.${code}.next`) ?? t(body.retryable === true ? 'problem.retry' : 'problem.other'),
  }
}

function reason({ code, body }: Problem, status: number, seconds: number): string {
  if (code === 'TIMEOUT') return t('problem.TIMEOUT.why', { seconds })
  if (code === 'MALFORMED') return t('problem.MALFORMED.why', { status })
  if (code === 'NETWORK') return t('problem.NETWORK.why')
  const parts = [body.detail ?? '', body.why ?? '']
  return parts.filter((part, at) => part !== '' && parts.indexOf(part) === at).join(' ')
}

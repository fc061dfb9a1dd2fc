// Requests to the server that this page came from. There is no other server.
import { Problem, fromAnswer } from './problem'

export const API = '/api/v1'
const ANSWER_WITHIN_MS = 30_000

export interface Options {
  method?: 'GET' | 'POST'
  body?: unknown
  query?: Record<string, string | number | null | undefined>
  withinMs?: number
}

/** The path with its query, without the parameters that have no value. */
export function address(path: string, query: Options['query'] = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '')
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return search.size === 0 ? path : `${path}?${search}`
}

/** Asks, and takes the `data` out of the answer's envelope; every failure is a `Problem`. */
export async function ask<T>(path: string, options: Options = {}): Promise<T> {
  const withinMs = options.withinMs ?? ANSWER_WITHIN_MS
  const response = await send(path, options, withinMs)
  const body: unknown = await response.json().catch(() => undefined)
  if (!response.ok) throw fromAnswer(response.status, body)
  if (typeof body !== 'object' || body === null || !('data' in body)) throw new Problem('MALFORMED', response.status)
  return body.data as T
}

/** Asks for text that stands in no envelope. */
export async function askText(path: string, options: Options = {}): Promise<string> {
  const response = await send(path, options, options.withinMs ?? ANSWER_WITHIN_MS)
  if (!response.ok) throw fromAnswer(response.status, await response.json().catch(() => undefined))
  return response.text()
}

async function send(path: string, options: Options, withinMs: number): Promise<Response> {
  const method = options.method ?? 'GET'
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (method === 'POST') headers['Idempotency-Key'] = crypto.getRandomValues(new Uint32Array(4)).join('-')
  const init: RequestInit = { method, headers, cache: 'no-store', signal: AbortSignal.timeout(withinMs) }
  if (options.body !== undefined) init.body = JSON.stringify(options.body)
  try {
    return await fetch(address(path, options.query), init)
  } catch (thrown) {
    const late = thrown instanceof DOMException && thrown.name === 'TimeoutError'
    throw late ? new Problem('TIMEOUT', 0, {}, Math.round(withinMs / 1000)) : new Problem('NETWORK', 0)
  }
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setLanguage } from '../i18n'
import { address, ask } from './client'
import { Problem, explain, fromAnswer, toProblem } from './problem'
import { changeTicket, fromBase64, toBase64 } from './tickets'

const fetched = vi.fn<typeof fetch>()
beforeEach(() => vi.stubGlobal('fetch', fetched))
afterEach(() => {
  vi.unstubAllGlobals()
  fetched.mockReset()
  setLanguage('en')
})
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status })
const thrown = async (promise: Promise<unknown>): Promise<Problem> => toProblem(await promise.then(() => null, (error: unknown) => error))

describe('asking', () => {
  it('takes the answer out of its envelope', async () => {
    fetched.mockResolvedValue(json({ success: true, data: { x: 1 } }))
    expect(await ask('/api/v1/x')).toEqual({ x: 1 })
  })
  it('leaves out parameters without a value', () => {
    expect(address('/t', { state: null, q: '', cursor: undefined, limit: 20 })).toBe('/t?limit=20')
    expect(address('/t', { q: 'a&b' })).toBe('/t?q=a%26b')
    expect(address('/t')).toBe('/t')
  })
  it('makes every change under its own idempotency key, through the chosen validator', async () => {
    fetched.mockImplementation(() => Promise.resolve(json({ success: true, data: {} })))
    await changeTicket({ action: 'issue', id: 'T 1', data: '票', via: 'node2' })
    await changeTicket({ action: 'consume', id: 'T 1', via: null })
    const [first, second] = fetched.mock.calls
    expect(first?.[0]).toBe('/api/v1/tickets/issue?node=node2')
    expect(JSON.parse(String(first?.[1]?.body))).toEqual({ ticket_id: 'T 1', data: '56Wo' })
    expect(second?.[0]).toBe('/api/v1/tickets/consume')
    const key = (call: typeof first): unknown => new Headers(call?.[1]?.headers).get('Idempotency-Key')
    expect(key(first)).not.toBe(key(second))
  })
})

describe('failures', () => {
  it('of the server keep its code and words', async () => {
    fetched.mockResolvedValue(json({ code: 'ALREADY_CONSUMED', title: 'x', detail: 'T was consumed at height 7', status: 409, success: false, error: 'x' }, 409))
    const problem = await thrown(ask('/x'))
    expect(problem.status).toBe(409)
    expect(explain(problem)).toEqual({
      what: 'The ticket has been consumed',
      why: 'T was consumed at height 7',
      next: 'Open its life to see when and where. Nothing may follow.',
    })
    setLanguage('zh')
    expect(explain(problem).what).toBe('票据已经用过了')
  })
  it('that have no words of ours use the server’s', () => {
    const words = explain(fromAnswer(429, { code: 'NOVEL', title: 'too much', detail: 'slow down', why: 'busy', retryable: true }))
    expect(words).toEqual({ what: 'too much', why: 'slow down busy', next: 'Ask again in a moment.' })
  })
  it('of the older kind are understood', () => {
    expect(explain(fromAnswer(500, { success: false, error: 'boom' })).why).toBe('boom')
  })
  it('on the way are named', async () => {
    fetched.mockRejectedValueOnce(new TypeError('failed'))
    expect((await thrown(ask('/x'))).code).toBe('NETWORK')
    fetched.mockRejectedValueOnce(new DOMException('late', 'TimeoutError'))
    const late = await thrown(ask('/x', { withinMs: 4_000 }))
    expect(explain(late).why).toContain('4 s ago')
    fetched.mockResolvedValueOnce(new Response('<html>', { status: 200 }))
    expect((await thrown(ask('/x'))).code).toBe('MALFORMED')
    fetched.mockResolvedValueOnce(new Response('bad gateway', { status: 502 }))
    expect(explain(await thrown(ask('/x'))).why).toContain('502')
    fetched.mockResolvedValueOnce(json({ success: true }))
    expect((await thrown(ask('/x'))).code).toBe('MALFORMED')
  })
})

it('carries text in base64, and says where bytes are no text', () => {
  expect(fromBase64(toBase64('{"seat":"座位 1"}'))).toBe('{"seat":"座位 1"}')
  expect(fromBase64('/w==')).toBeNull()
  expect(fromBase64('%')).toBeNull()
})

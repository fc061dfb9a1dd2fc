import { describe, expect, it } from 'vitest'
import type { CloudEvent } from '../api/types'
import { EMPTY, GAP, LINES_KEPT_MAX, filtered, retryAfterMs, take, topicOf, type Line } from './events'

function event(sequence: number, type = 'unisono.ticket.issued.v1', node = 'node1', data: unknown = {}): CloudEvent {
  return { specversion: '1.0', id: `${node}-${sequence}`, source: `/net/dev/${node}`, type, subject: 'T', time: '2026-11-21T12:00:00Z', sequence: String(sequence), datacontenttype: 'application/json', data } as CloudEvent
}
const shown = (lines: readonly Line[]): string[] =>
  lines.map((line) => (line.kind === 'event' ? line.event.sequence : line.kind === 'gap' ? `gap ${line.missing}` : `from ${line.name}`))

describe('the stream', () => {
  it('shows the newest first and remembers where to resume', () => {
    const stream = take(EMPTY, [event(5), event(6)])
    expect(shown(stream.lines)).toEqual(['6', '5'])
    expect(stream.after).toBe(6)
  })
  it('shows nothing twice after it resumed', () => {
    const stream = take(take(EMPTY, [event(5), event(6)]), [event(5), event(6), event(7)])
    expect(shown(stream.lines)).toEqual(['7', '6', '5'])
  })
  it('announces what is missing, by itself and in the server’s words, once', () => {
    const before = take(EMPTY, [event(5)])
    expect(shown(take(before, [event(9)]).lines)).toEqual(['9', 'gap 3', '5'])
    const told = take(before, [event(8, GAP, 'node1', { missed: 3 }), event(9)])
    expect(shown(told.lines)).toEqual(['9', 'gap 3', '5'])
    expect(shown(take(before, [event(8, GAP)]).lines)).toEqual(['gap null', '5'])
  })
  it('does not count events across a restart of the validator', () => {
    expect(shown(take(take(EMPTY, [event(5)]), [event(2 ** 33)]).lines)).toEqual([String(2 ** 33), 'gap null', '5'])
  })
  it('says when another validator’s events follow, and counts anew', () => {
    const stream = take(take(EMPTY, [event(500)]), [event(3, undefined, 'node2'), event(4, undefined, 'node2')])
    expect(shown(stream.lines)).toEqual(['4', '3', 'from node2', '500'])
    expect(stream.after).toBe(4)
  })
  it('keeps a bounded number of lines, each with its own key', () => {
    const many = take(EMPTY, Array.from({ length: LINES_KEPT_MAX + 50 }, (_, at) => event(at + 1)))
    expect(many.lines).toHaveLength(LINES_KEPT_MAX)
    expect(new Set(many.lines.map(({ key }) => key)).size).toBe(LINES_KEPT_MAX)
  })
})

it('sorts events into topics, and filters all but the gaps', () => {
  expect(topicOf('unisono.tickets.seeded.v1')).toBe('tickets')
  expect(topicOf('unisono.block.certified.v1')).toBe('blocks')
  expect(topicOf('unisono.view.changed.v1')).toBe('network')
  const { lines } = take(EMPTY, [event(1, 'unisono.block.executed.v1'), event(3)])
  expect(shown(filtered(lines, 'tickets'))).toEqual(['3', 'gap 1'])
  expect(shown(filtered(lines, null))).toEqual(['3', 'gap 1', '1'])
})

it('tries again later and later, never in step, never later than ten seconds', () => {
  expect(retryAfterMs(1, 0)).toBe(250)
  expect(retryAfterMs(1, 1)).toBe(500)
  expect(retryAfterMs(3, 1)).toBe(2_000)
  expect(retryAfterMs(99, 1)).toBe(10_000)
})

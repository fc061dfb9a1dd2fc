// The event stream as lines to show: bounded, resumable, and honest about what is missing.
import type { CloudEvent } from '../api/types'

export const LINES_KEPT_MAX = 400
const COUNTABLE_MAX = 2 ** 31
export const GAP = 'unisono.stream.gap.v1'

export type Topic = 'tickets' | 'blocks' | 'network'

export type Line =
  | { key: string; kind: 'event'; topic: Topic; event: CloudEvent }
  | { key: string; kind: 'gap'; missing: number | null }
  | { key: string; kind: 'source'; name: string }

/** Newest first. `after` is where to resume: the last sequence seen of `source`. */
export interface Stream {
  lines: readonly Line[]
  source: string | null
  after: number | null
  serial: number
}

export const EMPTY: Stream = { lines: [], source: null, after: null, serial: 0 }

/** Takes events in the order they came. */
export function take(stream: Stream, events: readonly CloudEvent[]): Stream {
  const fresh: Line[] = []
  let { source, after, serial } = stream
  const add = (line: Unkeyed): void => {
    serial += 1
    fresh.unshift({ ...line, key: String(serial) } as Line)
  }
  for (const event of events) {
    const sequence = Number(event.sequence)
    if (event.source !== source) {
      if (source !== null) add({ kind: 'source', name: nameOf(event.source) })
      source = event.source
      after = null
    }
    if (after !== null && sequence <= after) continue
    if (event.type === GAP) {
      add({ kind: 'gap', missing: missingOf(event) })
    } else {
      if (after !== null && sequence > after + 1 && !isGap(fresh[0])) add({ kind: 'gap', missing: countable(sequence - after - 1) })
      add({ kind: 'event', topic: topicOf(event.type), event })
    }
    after = sequence
  }
  return { lines: [...fresh, ...stream.lines].slice(0, LINES_KEPT_MAX), source, after, serial }
}

type Unkeyed = Line extends infer L ? (L extends Line ? Omit<L, 'key'> : never) : never

const isGap = (line: Line | undefined): boolean => line?.kind === 'gap'

function missingOf(event: CloudEvent): number | null {
  const data = event.data as { missed?: unknown; count?: unknown } | null
  const count = data?.missed ?? data?.count
  return typeof count === 'number' ? countable(count) : null
}

/** A validator that started anew continues far above its old numbers: such a distance counts no events. */
const countable = (missing: number): number | null => (missing < COUNTABLE_MAX ? missing : null)

/** The node's name at the end of an event's source. */
export const nameOf = (source: string): string => source.slice(source.lastIndexOf('/') + 1)

export function topicOf(type: string): Topic {
  if (type.startsWith('unisono.ticket')) return 'tickets'
  return type.startsWith('unisono.block.') ? 'blocks' : 'network'
}

/** The lines that a filter lets through; gaps always show. */
export function filtered(lines: readonly Line[], topic: Topic | null): Line[] {
  return lines.filter((line) => topic === null || line.kind !== 'event' || line.topic === topic)
}

/** How long to wait before the attempt with this number, from 1: doubling, bounded, with up to a half of jitter. */
export function retryAfterMs(attempt: number, random: number): number {
  const whole = Math.min(500 * 2 ** Math.min(attempt - 1, 10), 10_000)
  return Math.round(whole * (0.5 + random / 2))
}

// The live stream: connected while the page is open, resumed where it broke, flushed to the screen a few times a second.
import { computed, ref, shallowRef } from 'vue'
import { API, address } from '../api/client'
import { StreamRefused, readStream, type Frame } from '../api/sse'
import type { CloudEvent } from '../api/types'
import { EMPTY, nameOf, retryAfterMs, take, topicOf, type Stream } from '../model/events'
import { useProcesses } from './network'

export type Connection = 'connecting' | 'open' | 'waiting'

const FLUSH_MS = 250
const BUFFERED_MAX = 2_000

const stream = shallowRef<Stream>(EMPTY)
const connection = ref<Connection>('connecting')
const retryInMs = ref(0)
const paused = ref(false)
const held = ref(0)
/** The tickets that something happened to lately; a new set each time. */
const touched = shallowRef<ReadonlySet<string>>(new Set())
let touching = new Set<string>()
let touchTimer: ReturnType<typeof setTimeout> | undefined
let buffer: CloudEvent[] = []
let flushTimer: ReturnType<typeof setTimeout> | undefined
let stop: AbortController | null = null

function receive(frame: Frame): void {
  const event = parse(frame.data)
  if (event === null) return
  buffer.push(event)
  // What does not fit is seen as a gap in the sequence, and announced as one.
  if (buffer.length > 2 * BUFFERED_MAX) buffer = buffer.slice(-BUFFERED_MAX)
  if (paused.value) held.value = buffer.length
  if (topicOf(event.type) === 'tickets') touch(event.subject ?? '')
  flushTimer ??= setTimeout(flush, FLUSH_MS)
}

/** Also while the lines are paused: the tickets themselves go on. */
function touch(ticket: string): void {
  touching.add(ticket)
  touchTimer ??= setTimeout(() => {
    touchTimer = undefined
    touched.value = touching
    touching = new Set()
  }, FLUSH_MS)
}

function parse(data: string): CloudEvent | null {
  try {
    const event = JSON.parse(data) as CloudEvent
    return typeof event.type === 'string' && typeof event.sequence === 'string' ? event : null
  } catch {
    return null
  }
}

function flush(): void {
  flushTimer = undefined
  if (paused.value) return
  stream.value = take(stream.value, buffer)
  buffer = []
  held.value = 0
}

/**
 * Every validator counts its own events, so what was missed can only be asked of the same one. Where that one is
 * gone, whichever answers is listened to from now on; the change of source is shown.
 */
function whereToResume(isGone: boolean): { node?: string; after?: number } {
  const last = buffer.at(-1)
  const after = last === undefined ? stream.value.after : Number(last.sequence)
  const source = last?.source ?? stream.value.source
  if (after === null || source === null || isGone) return {}
  const { processes } = useProcesses()
  return processes.value === null ? { after } : { after, node: nameOf(source) }
}

async function run(signal: AbortSignal): Promise<void> {
  let failures = 0
  let isGone = false
  const opened = (): void => {
    connection.value = 'open'
    failures = 0
    isGone = false
  }
  while (!signal.aborted) {
    connection.value = 'connecting'
    await readStream(address(`${API}/events`, whereToResume(isGone)), signal, opened, receive).catch((thrown: unknown) => {
      isGone = thrown instanceof StreamRefused
    })
    if (signal.aborted) return
    failures += 1
    connection.value = 'waiting'
    retryInMs.value = retryAfterMs(failures, Math.random())
    await new Promise((resolve) => setTimeout(resolve, retryInMs.value))
  }
}

/** Connects; the answer disconnects. */
export function watchEvents(): () => void {
  stop?.abort()
  const control = new AbortController()
  stop = control
  void run(control.signal)
  return () => control.abort()
}

export function setPaused(next: boolean): void {
  paused.value = next
  if (!next) flush()
}

export function useEvents() {
  return { lines: computed(() => stream.value.lines), connection, retryInMs, paused, held, touched }
}

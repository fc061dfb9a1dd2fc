// A page of tickets, and what the reader asks of them.
import { computed, ref, shallowRef, watch } from 'vue'
import { explain, toProblem, type Problem } from '../api/problem'
import { changeTicket, listTickets, seedTickets, type TicketChange } from '../api/tickets'
import type { TicketPage, TicketState } from '../api/types'
import { formatInteger, t } from '../i18n'
import { announce } from './announce'
import { useEvents } from './events'

const PER_PAGE = 20
const RELOAD_MS = 700
const RELOAD_SETTLED_MS = 1_500

const page = shallowRef<TicketPage | null>(null)
const problem = shallowRef<Problem | null>(null)
const done = ref<string | null>(null)
const state = ref<TicketState | null>(null)
const search = ref('')
const cursors = ref<string[]>([])
const via = ref<string | null>(null)
/** What waits for a quorum: ticket ids, and `*` for the seed set. */
const busy = ref<ReadonlySet<string>>(new Set())
let reloadTimer: ReturnType<typeof setTimeout> | undefined
let asked = 0

async function load(): Promise<void> {
  asked += 1
  const mine = asked
  const cursor = cursors.value.at(-1) ?? null
  try {
    const answer = await listTickets({ state: state.value, q: search.value, cursor, limit: PER_PAGE })
    // A slower answer to an older question must not overwrite a newer one.
    if (mine === asked) page.value = answer
  } catch (thrown) {
    if (mine === asked && page.value === null) problem.value = toProblem(thrown)
  }
}

function loadSoon(inMs = RELOAD_MS): void {
  reloadTimer ??= setTimeout(() => {
    reloadTimer = undefined
    void load()
  }, inMs)
}

function fail(thrown: unknown): void {
  problem.value = toProblem(thrown)
  const { what, why } = explain(problem.value)
  announce(`${what}. ${why}`)
}

function succeed(sentence: string): void {
  done.value = sentence
  announce(sentence)
}

async function during(key: string, work: () => Promise<string>): Promise<boolean> {
  if (busy.value.has(key)) return false
  busy.value = new Set([...busy.value, key])
  problem.value = null
  done.value = null
  try {
    succeed(await work())
    return true
  } catch (thrown) {
    fail(thrown)
    return false
  } finally {
    busy.value = new Set([...busy.value].filter((other) => other !== key))
    await load()
    loadSoon(RELOAD_SETTLED_MS)
  }
}

function change(request: Omit<TicketChange, 'via'>): Promise<boolean> {
  return during(request.id, async () => {
    const answer = await changeTicket({ ...request, via: via.value })
    const height = answer.height === undefined || answer.height === null ? t('none') : formatInteger(answer.height)
    return t(`done.${request.action}`, { id: request.id, height })
  })
}

function seed(): Promise<boolean> {
  return during('*', async () => {
    const { seeded, existed } = await seedTickets(via.value)
    return t('done.seed', { seeded: formatInteger(seeded), existed: formatInteger(existed) })
  })
}

function show(nextState: TicketState | null, nextSearch: string): void {
  state.value = nextState
  search.value = nextSearch.trim()
  cursors.value = []
  void load()
}

function next(): void {
  const cursor = page.value?.next_cursor
  if (!cursor) return
  cursors.value = [...cursors.value, cursor]
  void load()
}

function previous(): void {
  cursors.value = cursors.value.slice(0, -1)
  void load()
}

function dismiss(): void {
  problem.value = null
  done.value = null
}

export function useTickets() {
  return {
    page, problem, done, state, search, via, busy,
    number: computed(() => cursors.value.length + 1),
    load, change, seed, show, next, previous, dismiss,
  }
}

/** Reloads the page of tickets when the stream says that some changed. */
export function followTickets(): void {
  const { touched } = useEvents()
  watch(touched, () => loadSoon())
}

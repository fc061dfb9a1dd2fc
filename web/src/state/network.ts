// The network as last heard, asked for again and again while the page is visible.
import { computed, ref, shallowRef } from 'vue'
import { API, ask } from '../api/client'
import { listProcesses, type NodeProcess } from '../api/nodes'
import { toProblem, type Problem } from '../api/problem'
import type { Network, Why } from '../api/types'
import { needsReason, type Knowledge } from '../model/verdict'
import { useNow } from './clock'

const EVERY_MS = 1_000
const EVERY_MS_MAX = 5_000
const ANSWER_WITHIN_MS = 4_000
/** From this age on, what is shown is marked as stale. */
export const STALE_AFTER_MS = 4_000

const network = shallowRef<Network | null>(null)
const why = shallowRef<Why | null>(null)
const problem = shallowRef<Problem | null>(null)
const processes = shallowRef<NodeProcess[] | null>(null)
const heardAt = ref<number | null>(null)
let failures = 0
let pages = 0
let timer: ReturnType<typeof setTimeout> | undefined

async function poll(): Promise<void> {
  clearTimeout(timer)
  const [seen, supervised] = await Promise.allSettled([
    ask<Network>(`${API}/network`, { withinMs: ANSWER_WITHIN_MS }),
    listProcesses(),
  ])
  if (supervised.status === 'fulfilled') processes.value = supervised.value
  if (seen.status === 'fulfilled') {
    network.value = seen.value
    heardAt.value = Date.now()
    problem.value = null
    failures = 0
  } else {
    problem.value = toProblem(seen.reason)
    failures += 1
  }
  await askWhy()
  schedule()
}

async function askWhy(): Promise<void> {
  if (!needsReason(network.value) || problem.value !== null) why.value = null
  else why.value = await ask<Why>(`${API}/why`, { withinMs: ANSWER_WITHIN_MS }).catch(() => null)
}

function schedule(): void {
  clearTimeout(timer)
  if (pages === 0 || document.hidden) return
  timer = setTimeout(poll, Math.min(EVERY_MS * 2 ** Math.min(failures, 3), EVERY_MS_MAX))
}

function onVisible(): void {
  if (!document.hidden && pages > 0) void poll()
}

/** Starts asking; the answer stops it. */
export function watchNetwork(): () => void {
  pages += 1
  if (pages === 1) {
    document.addEventListener('visibilitychange', onVisible)
    void poll()
  }
  return () => {
    pages -= 1
    if (pages > 0) return
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisible)
  }
}

export const refreshNetwork = (): Promise<void> => poll()

export const useProcesses = () => ({ processes })

export function useNetwork() {
  const now = useNow()
  const ageMs = computed(() => (heardAt.value === null ? 0 : Math.max(0, now.value - heardAt.value)))
  const failing = computed(() => problem.value !== null && (network.value === null || ageMs.value > STALE_AFTER_MS))
  const knowledge = computed<Knowledge>(() => ({ network: network.value, ageMs: ageMs.value, failing: failing.value }))
  const stale = computed(() => heardAt.value !== null && ageMs.value > STALE_AFTER_MS)
  return { network, why, problem, processes, heardAt, ageMs, failing, stale, knowledge }
}

// Something asked of the server: on its way, answered, or failed; and asked again as the chain grows.
import { computed, onMounted, onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import { toProblem, type Problem } from '../api/problem'
import type { Where } from '../api/ledger'
import { useNetwork } from './network'

const PER_PAGE = 10
const AGAIN_AFTER_MS = 2_000

/** An answer, kept while a newer one is on its way. */
export function useAnswer<T>(question: () => Promise<T>) {
  const answer: Ref<T | null> = shallowRef(null)
  const problem = shallowRef<Problem | null>(null)
  const { network } = useNetwork()
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    asked += 1
    const mine = asked
    try {
      const found = await question()
      // A slower answer to an older question must not overwrite a newer one.
      if (mine !== asked) return
      answer.value = found
      problem.value = null
    } catch (thrown) {
      if (mine === asked) problem.value = toProblem(thrown)
    }
  }
  onMounted(load)
  onUnmounted(() => {
    clearTimeout(timer)
    asked += 1
  })
  watch(() => [network.value?.height, network.value?.certified].join(), () => {
    timer ??= setTimeout(() => void load(), AGAIN_AFTER_MS)
  })
  return { answer, problem, load }
}

/** The same for a list that comes in pages. */
export function usePages<T extends { next_cursor?: string | null }>(question: (where: Where) => Promise<T>) {
  const cursors = ref<string[]>([])
  const { answer, problem, load } = useAnswer(() => question({ cursor: cursors.value.at(-1) ?? null, limit: PER_PAGE }))
  function next(): void {
    const cursor = answer.value?.next_cursor
    if (!cursor) return
    cursors.value = [...cursors.value, cursor]
    void load()
  }
  function previous(): void {
    cursors.value = cursors.value.slice(0, -1)
    void load()
  }
  const number = computed(() => cursors.value.length + 1)
  const more = computed(() => Boolean(answer.value?.next_cursor))
  return { answer, problem, load, next, previous, number, more }
}

// The page's one ticking clock, for ages that grow while nothing arrives.
import { onMounted, onUnmounted, ref } from 'vue'

const TICK_MS = 250
const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useNow(): typeof now {
  onMounted(() => {
    users += 1
    timer ??= setInterval(() => (now.value = Date.now()), TICK_MS)
  })
  onUnmounted(() => {
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return now
}

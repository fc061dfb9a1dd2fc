// What a screen reader is told: one sentence at a time, never faster than it can be read.
import { ref } from 'vue'

const BETWEEN_MS = 2_000
const WAITING_MAX = 3

export const spoken = ref('')
const waiting: string[] = []
let timer: ReturnType<typeof setTimeout> | undefined

function next(): void {
  const sentence = waiting.shift()
  timer = undefined
  if (sentence === undefined) return
  spoken.value = sentence
  timer = setTimeout(next, BETWEEN_MS)
}

/** Says a sentence politely; of many that wait, the oldest are left out. */
export function announce(sentence: string): void {
  if (sentence === spoken.value || waiting.includes(sentence)) return
  waiting.push(sentence)
  if (waiting.length > WAITING_MAX) waiting.shift()
  if (timer === undefined) next()
}

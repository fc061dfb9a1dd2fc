import { ref, watchEffect } from 'vue'
import { keep, kept } from './keep'

export type Theme = 'auto' | 'light' | 'dark'
export const THEMES: readonly Theme[] = ['auto', 'light', 'dark']

const isTheme = (text: string | null): text is Theme => THEMES.some((theme) => theme === text)
const chosen = kept('theme')

export const theme = ref<Theme>(isTheme(chosen) ? chosen : 'auto')

/** Keeps the document's theme in step with the choice. */
export function applyTheme(): void {
  watchEffect(() => {
    document.documentElement.dataset['theme'] = theme.value
  })
}

export function setTheme(next: Theme): void {
  theme.value = next
  keep('theme', next === 'auto' ? null : next)
}

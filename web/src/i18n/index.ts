// Texts in two languages. Keys and placeholders are checked by the compiler, completeness by a test.
import { computed, ref } from 'vue'
import { keep, kept } from '../state/keep'
import { en, type Key } from './en'
import { zh } from './zh'

export type Language = 'en' | 'zh'
export const LANGUAGES: readonly Language[] = ['en', 'zh']
export type { Key }

/** The names between braces in a text. */
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type Values<K extends Key> = [Names<(typeof en)[K]>] extends [never]
  ? []
  : [values: Record<Names<(typeof en)[K]>, string | number>]
type PluralBase = Key extends infer K ? (K extends `${infer Base}.other` ? Base : never) : never

const catalogues: Record<Language, Record<Key, string>> = { en, zh }
const TAGS: Record<Language, string> = { en: 'en', zh: 'zh-Hans' }

/** The language that a browser's preferences ask for. */
export function preferred(languages: readonly string[]): Language {
  const first = languages.find((tag) => /^(en|zh)\b/i.test(tag))
  return first !== undefined && /^zh/i.test(first) ? 'zh' : 'en'
}

const isLanguage = (text: string | null): text is Language => text === 'en' || text === 'zh'

function initial(): Language {
  const chosen = kept('language')
  if (isLanguage(chosen)) return chosen
  return typeof navigator === 'undefined' ? 'en' : preferred(navigator.languages)
}

export const language = ref<Language>(initial())
export const languageTag = computed(() => TAGS[language.value])

/** Changes the language and remembers the choice. */
export function setLanguage(next: Language): void {
  language.value = next
  keep('language', next)
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The text of a key, with its placeholders filled. */
export function t<K extends Key>(key: K, ...values: Values<K>): string {
  return fill(catalogues[language.value][key], (values[0] as Record<string, string | number> | undefined) ?? {})
}

/** The text for a count: `key.one` or `key.other`, with `{n}` filled. */
export function tn(base: PluralBase, n: number): string {
  const one = new Intl.PluralRules(TAGS[language.value]).select(n) === 'one'
  const key = `${base}.${one ? 'one' : 'other'}` as Key
  return fill(catalogues[language.value][key], { n: formatInteger(n) })
}

/** The text of a key that is made at run time, where there is one. */
export function lookUp(key: string): string | undefined {
  return key in catalogues.en ? catalogues[language.value][key as Key] : undefined
}

/** The text of a key that is made at run time, filled, where there is one. */
export function tell(key: string, values: Record<string, string>): string | undefined {
  const text = lookUp(key)
  return text === undefined ? undefined : fill(text, values)
}

/** A whole number with the language's grouping. */
export function formatInteger(n: number): string {
  return new Intl.NumberFormat(TAGS[language.value]).format(n)
}

/** Names as a list: "a, b and c". */
export function formatList(names: readonly string[]): string {
  return new Intl.ListFormat(TAGS[language.value], { type: 'conjunction' }).format(names)
}

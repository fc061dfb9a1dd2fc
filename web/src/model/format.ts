// Numbers and moments as people read them.
import { formatInteger, languageTag, t } from '../i18n'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A span in its largest fitting unit: "0.4 s", "12 s", "5 min". */
export function formatAge(ms: number): string {
  const span = Math.max(0, ms)
  if (span < 10 * SECOND) return t('age.s', { n: (Math.floor(span / 100) / 10).toFixed(1) })
  if (span < MINUTE) return t('age.s', { n: Math.floor(span / SECOND) })
  if (span < HOUR) return t('age.min', { n: Math.floor(span / MINUTE) })
  if (span < DAY) return t('age.h', { n: Math.floor(span / HOUR) })
  return t('age.d', { n: formatInteger(Math.floor(span / DAY)) })
}

/** The time of day of an RFC 3339 moment, to the millisecond. */
export function formatClock(moment: string): string {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return moment
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false } as const
  return new Intl.DateTimeFormat(languageTag.value, options).format(date)
}

/** The time of day of an RFC 3339 moment, to the second. */
export const formatSeconds = (moment: string): string => formatClock(moment).replace(/\.\d+$/, '')

/** The date and time of an RFC 3339 moment. */
export function formatMoment(moment: string): string {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return moment
  return new Intl.DateTimeFormat(languageTag.value, { dateStyle: 'medium', timeStyle: 'medium' }).format(date)
}

/** The two ends of a long hexadecimal name. */
export function shorten(hex: string, ends = 8): string {
  return hex.length <= 2 * ends + 1 ? hex : `${hex.slice(0, ends)}…${hex.slice(-ends)}`
}

/** Bytes as text where they are one that can be shown, as hexadecimal digits otherwise; both no longer than `most`. */
export function bytesAsText(base64: string, most = 96): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0)
  const hex = (): string => shorten([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(''), most / 2)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (/\p{C}/u.test(text)) return hex()
    return text.length <= most ? text : `${text.slice(0, most)}…`
  } catch {
    return hex()
  }
}

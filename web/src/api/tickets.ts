import { API, ask } from './client'
import type { Receipt, Seeded, Ticket, TicketAction, TicketPage, TicketState, Transition } from './types'

export interface TicketQuery {
  state: TicketState | null
  q: string
  cursor: string | null
  limit: number
}

export const listTickets = (query: TicketQuery): Promise<TicketPage> => ask(`${API}/tickets`, { query: { ...query } })

export const getTicket = (id: string): Promise<Ticket> => ask(`${API}/tickets/${encodeURIComponent(id)}`)

export const getReceipt = (path: string): Promise<Receipt> => ask(path)

export interface TicketChange {
  action: TicketAction
  id: string
  /** What the ticket carries, as text; only issue and validate keep it. */
  data?: string
  /** The validator to ask, by name; any where null. */
  via: string | null
}

export function changeTicket({ action, id, data, via }: TicketChange): Promise<Transition> {
  const body = { ticket_id: id, ...(data ? { data: toBase64(data) } : {}) }
  return ask(`${API}/tickets/${action}`, { method: 'POST', body, query: { node: via } })
}

export const seedTickets = (via: string | null): Promise<Seeded> =>
  ask(`${API}/tickets/seed`, { method: 'POST', query: { node: via }, withinMs: 60_000 })

export function toBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)))
}

/** The text in base64, or null where the bytes are no text. */
export function fromBase64(base64: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0)
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}

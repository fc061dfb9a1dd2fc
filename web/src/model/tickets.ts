// What may be done with a ticket, and how it is summed up.
import type { Receipt, Ticket, TicketAction, TicketCounts, TicketState } from '../api/types'

export const STATES: readonly TicketState[] = ['ISSUED', 'VALIDATED', 'CONSUMED', 'DISPUTED']
/** The steps of a ticket's life that a reader can ask for of a ticket that exists. */
export const STEPS: readonly TicketAction[] = ['validate', 'consume', 'dispute']

const FOLLOWING: Record<TicketState, readonly TicketAction[]> = {
  ISSUED: ['validate'],
  VALIDATED: ['consume', 'dispute'],
  CONSUMED: [],
  DISPUTED: [],
}

const LEADS_TO: Record<TicketAction, TicketState> = {
  issue: 'ISSUED',
  validate: 'VALIDATED',
  consume: 'CONSUMED',
  dispute: 'DISPUTED',
}

export const leadsTo = (action: TicketAction): TicketState => LEADS_TO[action]

/** What may be asked of the ticket now: what the server says, within what its state allows. */
export function actionsOf(ticket: Pick<Ticket, 'State' | 'allowed'>): TicketAction[] {
  return FOLLOWING[ticket.State].filter((action) => ticket.allowed.includes(action))
}

export function countOf(counts: TicketCounts, state: TicketState | null): number {
  switch (state) {
    case null:
      return counts.total
    case 'ISSUED':
      return counts.issued
    case 'VALIDATED':
      return counts.validated
    case 'CONSUMED':
      return counts.consumed
    case 'DISPUTED':
      return counts.disputed
  }
}

const TELLING = ['event', 'section', 'seat', 'price', 'carrier', 'flight', 'origin', 'dest']
const SHOWN_MAX = 4

/** A ticket's most telling fields, for one line of a list. */
export function summary(metadata: Ticket['Metadata']): string {
  const known = TELLING.filter((name) => metadata[name])
  const names = known.length > 0 ? known : Object.keys(metadata)
  return names.slice(0, SHOWN_MAX).map((name) => metadata[name]).join(' · ')
}

/** JSON laid out over lines; other text as it is. */
export function layOut(data: string): string {
  try {
    return JSON.stringify(JSON.parse(data), null, 2)
  } catch {
    return data
  }
}

/** A receipt as the command line keeps it: its canonical bytes and nothing that could contradict them. */
export function receiptFile({ canonical }: Pick<Receipt, 'canonical'>): string {
  return `${JSON.stringify({ format: 'unisono-receipt/1', canonical }, null, 2)}\n`
}

// A stand-in for a network of four, to look at the page while working on it: `npm run mock`, then `npm run dev`.
// It agrees on nothing and is never shipped; the browser test runs against the real thing.
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { canonical, head, ledger } from './ledger.mjs'

const PORT = Number(process.env.PORT ?? 8080)
const DIST = new URL('../../dist/', import.meta.url).pathname
const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
const NAMES = ['node0', 'node1', 'node2', 'node3']
const hash = (text) => createHash('sha256').update(text).digest('hex')
const iso = () => new Date().toISOString()

const tickets = new Map()
const status = Object.fromEntries(NAMES.map((name) => [name, 'running']))
const viewChanges = []
const events = []
const listeners = new Set()
let view = 0
let height = 47
let lastCommit = Date.now()
const clock = { node0: 9, node1: 2, node3: 1 }
const liar = process.env.LIAR ?? null

const leader = () => NAMES[view % 4]
const up = () => NAMES.filter((name) => status[name] === 'running')

function emit(type, subject, data = {}) {
  const sequence = events.length + 1
  const event = { specversion: '1.0', id: `node1-${sequence}`, source: '/net/dev/node1', type: `unisono.${type}.v1`, subject, time: iso(), sequence: String(sequence), height, view, datacontenttype: 'application/json', data }
  events.push(event)
  for (const response of listeners) write(response, event)
}
const write = (response, event) => response.write(`id: ${event.sequence}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)

function commit() {
  height += 1
  clock[leader()] = (clock[leader()] ?? 0) + 1
  lastCommit = Date.now()
  emit('block.executed', String(height))
  emit('block.certified', String(height))
}

function step(id, action, actor, data) {
  const ticket = tickets.get(id) ?? { ID: id, Data: '', Metadata: {}, history: [] }
  const state = { issue: 'ISSUED', validate: 'VALIDATED', consume: 'CONSUMED', dispute: 'DISPUTED' }[action]
  if (data) {
    ticket.Data = data
    try {
      const fields = JSON.parse(Buffer.from(data, 'base64').toString())
      ticket.Metadata = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
    } catch { /* text is fine too */ }
  }
  const transaction = hash(id + action)
  ticket.history.push({ action, state, height, index: ticket.history.length, time: iso(), sender: hash(actor), actor, transaction, receipt: `/api/v1/receipts/${transaction}` })
  const allowed = { ISSUED: ['validate'], VALIDATED: ['consume', 'dispute'], CONSUMED: [], DISPUTED: [] }[state]
  Object.assign(ticket, { State: state, ValidatorID: actor, Timestamp: Math.floor(Date.now() / 1000), VectorClock: { ...clock }, height, updated_at: iso(), allowed })
  tickets.set(id, ticket)
  return { ticket_id: id, action, state, transaction, height, index: 0, receipt: `/api/v1/receipts/${transaction}`, operation: '/api/v1/operations/1' }
}

function counts() {
  const of = (state) => [...tickets.values()].filter((ticket) => ticket.State === state).length
  return { total: tickets.size, issued: of('ISSUED'), validated: of('VALIDATED'), consumed: of('CONSUMED'), disputed: of('DISPUTED') }
}

function network() {
  const alive = up().length
  const level = alive < 3 ? 'down' : alive < 4 || liar ? 'degraded' : 'healthy'
  const silent = NAMES.filter((name) => status[name] !== 'running')
  const first = randomBytes(1).toString('hex').slice(0, 0) + hash('a').repeat(3)
  const evidence = liar ? [{ offender: liar, node: 3, kind: 'equivocation', view: 0, seq: 9, first, second: first.slice(0, 20) + hash('b').slice(0, 64) + first.slice(84), key: hash('key'), time: iso() }] : []
  return {
    name: 'dev', chain: hash('chain'), protocol: 'pbft', me: 'node1', view, leader: leader(), height, certified: height,
    verdict: { level, sentence: '', nodes_up: alive, nodes_total: 4, can_lose: Math.max(0, alive - 3), last_commit_age_ms: Date.now() - lastCommit, silent, accused: liar ? [liar] : [] },
    margins: [
      { kind: 'liveness', tolerated: 1, present: 4 - alive, left: Math.max(0, alive - 3), quorum: 3 },
      { kind: 'safety', tolerated: 1, present: liar ? 1 : 0, left: liar ? 0 : 1, quorum: 3 },
    ],
    nodes: NAMES.map((name, at) => ({
      id: `n${at}`, name, is_me: name === 'node1', role: name === leader() ? 'primary' : 'backup',
      state: liar === name ? 'accused' : status[name] === 'running' ? 'up' : 'down', view, height, last_vote_age_ms: Date.now() - lastCommit + 40 * at, last_heard_age_ms: 20, voting: true,
    })),
    pool: { transactions: 0, bytes: 0, batches: 0 }, tickets: counts(), evidence, view_changes: viewChanges,
  }
}

function receipt(id) {
  const header = { hash: hash(`block ${id}`), chain: hash('chain'), height, parent: hash('parent'), view, proposer: leader(), time: iso(), payload: hash('payload'), tx_count: 8, tx_root: hash('root'), state_roots: { tickets: hash('state') }, vector_clock: clock }
  const signatures = up().slice(0, 3).map((name, at) => ({ node: at, name, key: hash(name), signature: hash(name).repeat(2) }))
  return { transaction: id, outcome: 'APPLIED', outcome_code: 0, index: 3, path: [hash('1'), hash('2'), hash('3')], header, certificate: { height, block: header.hash, quorum: 3, signatures }, canonical }
}

class Refused extends Error {
  constructor(httpStatus, code, title, detail) {
    super(detail)
    this.body = { type: `urn:unisono:problem:${code.toLowerCase()}`, title, status: httpStatus, detail, code, retryable: false, trace_id: 'node1-77', success: false, error: detail }
  }
}

function change(action, { ticket_id: id, data }, via) {
  const ticket = tickets.get(id)
  if (up().length < 3) throw new Refused(504, 'COMMIT_TIMEOUT', 'not committed in time', 'nothing committed within 20 s')
  if (action === 'issue' && ticket) throw new Refused(409, 'TICKET_EXISTS', 'the ticket exists already', `${id} was issued at height ${ticket.height}`)
  if (action !== 'issue' && !ticket) throw new Refused(404, 'TICKET_UNKNOWN', 'no such ticket', `no ticket is called ${id}`)
  if (ticket?.State === 'CONSUMED') throw new Refused(409, 'ALREADY_CONSUMED', 'the ticket has been consumed', `${id} was consumed at height ${ticket.height} through ${ticket.ValidatorID}; it cannot be used again`)
  if (ticket && !ticket.allowed.includes(action)) throw new Refused(409, 'ILLEGAL_TRANSITION', 'the ticket’s state does not allow this', `${id} is ${ticket.State}`)
  commit()
  const answer = step(id, action, via ?? 'node1', data)
  emit(`ticket.${answer.state.toLowerCase()}`, id)
  return answer
}

function seed() {
  commit()
  for (let i = 1; i <= 500; i += 1) {
    const id = `TICKET-${String(i).padStart(3, '0')}`
    if (tickets.has(id)) continue
    const data = { event: 'Summer Music Festival 2026', venue: 'Grand Arena', section: ['VIP', 'Floor', 'Balcony', 'General'][(i - 1) % 4], seat: `${String.fromCodePoint(65 + (Math.floor((i - 1) / 10) % 26))}${((i - 1) % 10) + 1}`, price: [150, 85, 65, 40][(i - 1) % 4], buyer: `buyer_${String(i).padStart(3, '0')}@email.com` }
    step(id, 'issue', 'node1', Buffer.from(JSON.stringify(data)).toString('base64'))
    emit('ticket.issued', id)
  }
  emit('tickets.seeded', undefined, { count: 500 })
  return { seeded: 500, existed: 0, operation: '/api/v1/operations/2' }
}

function list(query) {
  const limit = Number(query.get('limit') ?? 50)
  const all = [...tickets.values()].toSorted((a, b) => (a.ID < b.ID ? -1 : 1))
  const fit = all.filter((ticket) => (!query.get('state') || ticket.State === query.get('state')) && ticket.ID.toLowerCase().includes((query.get('q') ?? '').toLowerCase()) && ticket.ID > (query.get('cursor') ?? ''))
  const items = fit.slice(0, limit)
  return { items, counts: counts(), ...(fit.length > limit ? { next_cursor: items.at(-1).ID } : {}) }
}

function kill(name) {
  status[name] = 'stopped'
  if (leader() === name) {
    setTimeout(() => {
      view += 1
      viewChanges.unshift({ view, leader: leader(), time: iso(), cause: 'silent', detail: `${name} let work wait for 2 s` })
      emit('view.changed', undefined)
    }, 1_500)
  }
  return {}
}

function restart(name) {
  status[name] = 'running'
  return {}
}

async function route(request, url) {
  const [path, query] = [url.pathname.replace('/api/v1', ''), url.searchParams]
  const body = request.method === 'POST' ? await read(request) : {}
  const parts = path.split('/').slice(1).map((part) => decodeURIComponent(part))
  if (path === '/network') return network()
  if (path === '/why') return { subject: 'network', kind: 'network', answer: 'blocked', sentence: 'waits', height: height + 1, phase: 'prepare', votes: up(), missing: NAMES.filter((name) => !up().includes(name)), need: 3, unblock: 'restart one of the stopped validators', facts: [] }
  if (path === '/nodes') return { nodes: NAMES.map((id) => ({ id, status: status[id] })) }
  if (parts[0] === 'nodes' && parts[2] === 'kill') return kill(parts[1])
  if (parts[0] === 'nodes' && parts[2] === 'restart') return restart(parts[1])
  if (path === '/tickets/seed') return seed()
  if (parts[0] === 'tickets' && request.method === 'POST') return change(parts[1], body, query.get('node'))
  if (path === '/tickets') return list(query)
  if (parts[0] === 'tickets' && tickets.has(parts[1])) return tickets.get(parts[1])
  if (parts[0] === 'receipts') return receipt(parts[1])
  const found = ledger(parts, query)
  if (found !== undefined) return found
  throw new Refused(404, parts[0] === 'tickets' ? 'TICKET_UNKNOWN' : 'ROUTE_UNKNOWN', 'no such route', `nothing answers at ${path}`)
}

async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
}

const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.html': 'text/html; charset=utf-8', '.wasm': 'application/wasm' }
function file(path) {
  const name = extname(path) === '' ? 'index.html' : path
  return [TYPES[extname(name)] ?? 'application/octet-stream', readFileSync(join(DIST, name))]
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost')
  const send = (code, type, text) => response.writeHead(code, { 'Content-Type': type, 'Content-Security-Policy': CSP }).end(text)
  try {
    if (url.pathname === '/api/v1/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': here\n\n')
      const after = Number(url.searchParams.get('after') ?? events.length)
      events.slice(after).forEach((event) => write(response, event))
      listeners.add(response)
      request.on('close', () => listeners.delete(response))
    } else if (url.pathname === '/api/v1/head') send(200, 'text/plain', head)
    else if (url.pathname.startsWith('/api/')) send(200, 'application/json', JSON.stringify({ success: true, data: await route(request, url) }))
    else send(200, ...file(url.pathname))
  } catch (error) {
    if (error instanceof Refused) send(error.body.status, 'application/problem+json', JSON.stringify(error.body))
    else send(500, 'text/plain', String(error))
  }
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`))

setInterval(() => up().length >= 3 && commit(), 5_000)

// The ledger's part of the stand-in: a federation at work. Its proofs are those of the verifier's corpus, so that they
// hold, whatever stands beside them.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const corpus = JSON.parse(readFileSync(new URL('../../../crates/verifier/corpus.json', import.meta.url), 'utf8'))
const proofOf = (name) => corpus.find((one) => one.name === name).request
const RECEIPT = proofOf('a transaction that took effect')
const ENTRY = proofOf('an entry of the state')
const HEAD = Buffer.from(proofOf('a head that a quorum signed').proof, 'base64').toString()
const hash = (text) => createHash('sha256').update(text).digest('hex')
const time = (height) => new Date(1_767_225_600_000 + height * 2_000).toISOString()
const NAMES = ['node0', 'node1', 'node2', 'node3']
const HEIGHT = 47
const certificate = (height) => ({ height, block: hash(`block ${height}`), quorum: 3, signatures: NAMES.slice(0, 3).map((name, node) => ({ node, name, key: hash(name), signature: hash(name + height).repeat(2) })) })

const header = (height) => ({
  hash: hash(`block ${height}`), chain: hash('chain'), height, parent: hash(`block ${height - 1}`), view: 0, proposer: NAMES[height % 4], time: time(height), payload: hash('payload'),
  tx_count: 1 + (height % 5), tx_root: hash(`root ${height}`), state_roots: { accounts: hash('a'), governance: hash('g'), queue: hash('q'), registry: hash('r'), tickets: hash('t') }, vector_clock: { node0: 12, node1: 13, node2: 11, node3: 11 },
})
const transactions = (height) => Array.from({ length: 1 + (height % 5) }, (_, index) => ({ id: index === 0 ? '04'.repeat(32) : hash(`tx ${height} ${index}`), index, outcome: index === 2 ? 'VOTING_CLOSED' : 'APPLIED' }))
const page = (items, query, limit = Number(query.get('limit') ?? 50), from = Number(query.get('cursor') ?? 0)) => ({ items: items.slice(from, from + limit), ...(items.length > from + limit ? { next_cursor: String(from + limit) } : {}) })
const STATE = '/api/v1/state/registry/6875622f34'

const hubs = ['Northwind Hub', 'Harbour Exchange', 'Alpine Relay'].map((name, at) => ({
  account: hash(name), name, role: ['global', 'regional', 'local'][at], address: `hub${at}.example:7000`, capabilities: ['routing', 'storage', 'consensus'].slice(at), joined: 3 + at, updated: 3 + at, bonded: [20_000, 12_500, 5_000][at], validates: at < 2, proof: STATE,
}))
const proposals = [
  { status: 'OPEN', would_be: 'ENACTED', title: 'Raise the least fee', text: 'Spam has doubled since spring. Two units are still nothing for anybody honest.', settings: [{ parameter: 'execution.fee_min', value: 2 }], tally: { approve: 20_000, reject: 5_000, abstain: 2_500, total: 37_500 }, deadline: 80, blocks_left: 33 },
  { status: 'OPEN', would_be: 'NO_QUORUM', title: '把最低手续费恢复为零', text: '', settings: [{ parameter: 'execution.fee_min', value: 0 }], tally: { approve: 0, reject: 1_000, abstain: 0, total: 37_500 }, deadline: 60, blocks_left: 13 },
  { status: 'ENACTED', would_be: 'ENACTED', title: 'Vote for longer', text: '', settings: [{ parameter: 'governance.voting_blocks_min', value: 20 }], tally: { approve: 30_000, reject: 0, abstain: 7_500, total: 37_500 }, deadline: 30, blocks_left: 0 },
  { status: 'REJECTED', would_be: 'REJECTED', title: 'Halve the stake of a hub', text: '', settings: [{ parameter: 'registry.stake_min', value: 500 }], tally: { approve: 5_000, reject: 20_000, abstain: 0, total: 37_500 }, deadline: 22, blocks_left: 0 },
].map((one, at) => ({ number: 4 - at, proposer: hash('Northwind Hub'), opened: 12 + at, quorum_bp: 1_000, approval_bp: 6_700, votes: [], proof: STATE, ...one }))
const topics = ['customs', 'orders'].map((name, at) => ({ name, owner: hash('Northwind Hub'), opened: 9, unfinished: 2 - at, finished: 14, dead: 1 - at, next: 18, depth_max: 1_000, attempts_max: 5, lease_ms_max: 30_000, consumers: [], proof: STATE }))
const messages = ['READY', 'TAKEN', 'DONE', 'DEAD_ATTEMPTS'].map((stage, at) => ({
  topic: 'customs', number: 18 - at, id: hash(`m${at}`).slice(0, 32), sender: hash('Harbour Exchange'), priority: at === 0 ? 'high' : 'normal', guarantee: 'at-least-once', stage, put: { height: 30 + at, index: 0, time: time(30) }, expires: time(90), body: 'aGVsbG8=', digest: hash('body'), attempts: at,
  deliveries: Array.from({ length: at }, (_, attempt) => ({ consumer: hash('Alpine Relay'), at: { height: 32 + attempt, index: 0, time: time(32) }, attempt: attempt + 1, until: time(50) })), hops: [], proof: STATE,
}))
const text = (words) => Buffer.from(words).toString('base64')
const routes = ['active', 'degraded', 'maintenance', 'failed'].map((status, at) => ({
  name: ['atlantic', 'alpine-way', 'harbour-loop', 'old-cable'][at], owner: hubs[at % 3].account, hops: [hubs[0], hubs[1], hubs[2]].slice(at % 2).map(({ account }) => account), latency_ms: [90, 420, 75, 1_800][at], cost_per_kib: at, reliability_ppm: [999_500, 930_000, 995_000, 400_000][at], status, proof: STATE,
}))
const updates = Array.from({ length: 23 }, (_, number) => ({ number, hub: hubs[number % 3].account, sequence: Math.floor(number / 3) + 1, kind: ['storage.moved', 'load', 'version'][number % 3], body: text(['从甲地迁至乙地', '{"load":0.82,"queue":14}', '1.4.0'][number % 3]), height: 11 + number, index: 0, time: time(11 + number) }))
const streamHead = (count) => ({ count, digest: hash(`stream ${count}`) })
const contracts = ['escrow', 'governance'].map((name, at) => ({ address: hash(`contract ${name}`), owner: hash('Northwind Hub'), code: hash(name), deployed: 14 + at, entries: 13 - at * 13, entry_bytes: 812 - at * 812, proof: STATE }))
const entries = Array.from({ length: 13 }, (_, at) => ({ key: `agreement/\\x00\\x00\\x00\\x${String(at).padStart(2, '0')}`, value: at === 1 ? text('open since spring') : Buffer.from(hash(`entry ${at}`), 'hex').toString('base64'), proof: STATE }))
const runs = ['APPLIED', 'CONTRACT_REFUSED', 'OUT_OF_FUEL', 'APPLIED'].map((outcome, at) => ({
  sender: hash('Harbour Exchange'), nonce: 9 - at, contract: contracts[0].address, height: 40 - at, outcome, code: outcome === 'CONTRACT_REFUSED' ? 7 : 0, fuel: [412_903, 96_110, 5_000_000, 1_240_771][at], paid: [1, 1, 5, 2][at], output: at === 0 ? text('released') : '',
  events: at === 0 ? [{ name: 'released', body: Buffer.from('0000000000000014', 'hex').toString('base64') }] : [], proof: STATE,
}))

/** What the ledger's routes answer; nothing where the path is none of theirs. */
export function ledger(parts, query) {
  const [what, one, two, three] = parts
  const empty = process.env.EMPTY === '1'
  if (what === 'chains') return { items: empty ? [] : [{ id: hash('chain'), network: 'dev', protocol: 'pbft', epoch: 0, faults: 'byzantine', validators: NAMES, quorum: 3, height: HEIGHT, certified: 7, applications: ['tickets'], head: HEAD }] }
  if (what === 'blocks' && one === undefined) return page(empty ? [] : Array.from({ length: HEIGHT }, (_, at) => header(HEIGHT - at)), query)
  if (what === 'blocks') return Number(one) > HEIGHT ? undefined : { header: header(Number(one)), certificate: certificate(Number(one)), batches: [hash('batch')], transactions: transactions(Number(one)) }
  if (what === 'transactions') return { id: one, status: 'applied', outcome: 'APPLIED', height: 7, index: 4, time: time(7), receipt: `/api/v1/receipts/${one}` }
  if (what === 'genesis') return JSON.parse(RECEIPT.genesis).data
  if (what === 'state') return { app: 'registry', app_id: 6, key: '6b6579', height: 8, header: header(8), certificate: certificate(8), canonical: ENTRY.proof }
  if (what === 'forks') return { verdict: '', finality: 'a certified block is final', height: HEIGHT, certified: HEIGHT, ...heads(query.get('node')), diverged: false, alarms: process.env.ALARM === '1' ? [{ kind: 'branch_below_final', detail: 'a branch from block 40 would change block 41, which is final', height: 41 }] : [] }
  if (what === 'registry' && one === 'hubs') return { ...page(empty ? [] : hubs, query), supply: 40_000 }
  if (what === 'registry' && one === 'candidates') return { driven: true, stake_min: 1_000, count_max: 64, epoch_blocks: 100, next_boundary: 101, items: [] }
  if (what === 'governance' && one === 'proposals') return { ...page(empty ? [] : proposals, query), height: HEIGHT }
  if (what === 'governance' && one === 'parameters') return { items: [['execution.fee_min', 1, 0, 0, 1_000_000], ['governance.quorum_bp', 1_000, 1_000, 1, 10_000], ['governance.approval_bp', 6_700, 6_700, 5_001, 10_000]].map(([name, value, usual, least, most]) => ({ name, value, usual, least, most })) }
  if (what === 'queue' && one === 'routes') return page(empty ? [] : routes, query)
  if (what === 'queue' && two === undefined) return page(empty ? [] : topics, query)
  if (what === 'queue' && three === 'messages') return page(two === 'customs' ? messages : [], query)
  if (what === 'updates') return missing(empty ? [] : updates, Number(query.get('after') ?? 0), Number(query.get('limit') ?? 50))
  if (what === 'contracts' && one === undefined) return page(empty ? [] : contracts, query)
  if (what === 'contracts' && one === 'runs') return page(query.get('contract') === contracts[0].address ? runs : [], query)
  if (what === 'contracts' && two === 'entries') return page(one === contracts[0].address ? entries : [], query)
  return undefined
}

/** TENTATIVE=1 lets one validator build on another head than the rest. */
const heads = (node) => (process.env.TENTATIVE === '1' ? { tentative: HEIGHT + 2, tentative_digest: hash(node === 'node3' ? 'another head' : 'head') } : {})

function missing(all, after, limit) {
  const items = all.slice(after, after + limit)
  const from = Math.min(after, all.length)
  return { from: streamHead(from), to: streamHead(from + items.length), end: streamHead(all.length), items, canonical: '', proof: STATE }
}

/** A receipt's canonical bytes that hold. */
export const canonical = RECEIPT.proof
/** A chain's head as text. */
export const head = HEAD

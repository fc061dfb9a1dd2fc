// What the chain holds, and the proofs of it.
import { API, ask, askText } from './client'
import type { Block, BlockPage, CandidateList, ChainList, ContractEntryPage, ContractPage, ContractRunPage, ForkReport, Genesis, HubPage, HubRoutePage, HubUpdate, MessagePage, MissingUpdates, ParameterList, Proposal, ProposalPage, Receipt, StateEntry, TopicPage, Transaction } from './types'

/** A page of a list, from where the one before ended. */
export interface Where {
  cursor: string | null
  limit: number
}
const part = (text: string | number): string => encodeURIComponent(text)

export const listChains = (): Promise<ChainList> => ask(`${API}/chains`)
export const listBlocks = (where: Where): Promise<BlockPage> => ask(`${API}/blocks`, { query: { ...where } })
export const getBlock = (height: string | number, node: string | null = null): Promise<Block> => ask(`${API}/blocks/${part(height)}`, { query: { node } })
export const getTransaction = (id: string): Promise<Transaction> => ask(`${API}/transactions/${part(id)}`)
export const fetchReceipt = (id: string): Promise<Receipt> => ask(`${API}/receipts/${part(id)}`)
export const getEntry = (path: string): Promise<StateEntry> => ask(path)
/** What a validator has seen of forks: any, or the one that is named. */
export const listForks = (node: string | null = null): Promise<ForkReport> => ask(`${API}/forks`, { query: { node } })
export const listTopics = (where: Where): Promise<TopicPage> => ask(`${API}/queue/topics`, { query: { ...where } })
export const listMessages = (topic: string, where: Where): Promise<MessagePage> => ask(`${API}/queue/topics/${part(topic)}/messages`, { query: { ...where } })
export const listHubRoutes = (where: Where): Promise<HubRoutePage> => ask(`${API}/queue/routes`, { query: { ...where } })
export const listHubs = (where: Where): Promise<HubPage> => ask(`${API}/registry/hubs`, { query: { ...where } })
export const listCandidates = (): Promise<CandidateList> => ask(`${API}/registry/candidates`)
export const listProposals = (where: Where): Promise<ProposalPage> => ask(`${API}/governance/proposals`, { query: { ...where } })
export const getProposal = (number: number): Promise<Proposal> => ask(`${API}/governance/proposals/${number}`)
export const listParameters = (): Promise<ParameterList> => ask(`${API}/governance/parameters`)
export const listContracts = (where: Where): Promise<ContractPage> => ask(`${API}/contracts`, { query: { ...where } })
export const listContractEntries = (address: string, where: Where): Promise<ContractEntryPage> => ask(`${API}/contracts/${part(address)}/entries`, { query: { ...where } })
export const listContractRuns = (contract: string, where: Where): Promise<ContractRunPage> => ask(`${API}/contracts/runs`, { query: { ...where, contract } })

/** A page of what hubs have told, newest first, and the proof of where the stream ends. */
export interface UpdatePage {
  items: HubUpdate[]
  count: number
  proof: string
  next_cursor: string | null
}
const missingUpdates = (after: number, limit: number): Promise<MissingUpdates> => ask(`${API}/updates`, { query: { after, limit } })

/** The stream is agreed oldest first: the newest page is found from its end. */
export async function listUpdates({ cursor, limit }: Where): Promise<UpdatePage> {
  const last = await missingUpdates(Number.MAX_SAFE_INTEGER, 1)
  const until = cursor === null ? last.end.count : Number(cursor)
  const after = Math.max(0, until - limit)
  const found = until === 0 ? last : await missingUpdates(after, until - after)
  return { items: found.items.toReversed(), count: last.end.count, proof: last.proof, next_cursor: after > 0 ? String(after) : null }
}

/** The genesis as text: what a proof is checked against. */
export async function fetchGenesis(): Promise<string> {
  return JSON.stringify(await ask<Genesis>(`${API}/genesis`), null, 2)
}

/** The head of the chain at a size, signed by one validator: any, or the one that is named. */
export const fetchHead = (size: number, node: string | null): Promise<string> => askText(`${API}/head`, { query: { size, node } })

// What the chain holds, and the proofs of it.
import { API, ask, askText } from './client'
import type { Block, BlockPage, CandidateList, ChainList, ForkReport, Genesis, HubPage, HubRoutePage, MessagePage, ParameterList, Proposal, ProposalPage, Receipt, StateEntry, TopicPage, Transaction } from './types'

/** A page of a list, from where the one before ended. */
export interface Where {
  cursor: string | null
  limit: number
}
const part = (text: string | number): string => encodeURIComponent(text)

export const listChains = (): Promise<ChainList> => ask(`${API}/chains`)
export const listBlocks = (where: Where): Promise<BlockPage> => ask(`${API}/blocks`, { query: { ...where } })
export const getBlock = (height: string | number): Promise<Block> => ask(`${API}/blocks/${part(height)}`)
export const getTransaction = (id: string): Promise<Transaction> => ask(`${API}/transactions/${part(id)}`)
export const fetchReceipt = (id: string): Promise<Receipt> => ask(`${API}/receipts/${part(id)}`)
export const getEntry = (path: string): Promise<StateEntry> => ask(path)
export const listForks = (): Promise<ForkReport> => ask(`${API}/forks`)
export const listTopics = (where: Where): Promise<TopicPage> => ask(`${API}/queue/topics`, { query: { ...where } })
export const listMessages = (topic: string, where: Where): Promise<MessagePage> => ask(`${API}/queue/topics/${part(topic)}/messages`, { query: { ...where } })
export const listHubRoutes = (where: Where): Promise<HubRoutePage> => ask(`${API}/queue/routes`, { query: { ...where } })
export const listHubs = (where: Where): Promise<HubPage> => ask(`${API}/registry/hubs`, { query: { ...where } })
export const listCandidates = (): Promise<CandidateList> => ask(`${API}/registry/candidates`)
export const listProposals = (where: Where): Promise<ProposalPage> => ask(`${API}/governance/proposals`, { query: { ...where } })
export const getProposal = (number: number): Promise<Proposal> => ask(`${API}/governance/proposals/${number}`)
export const listParameters = (): Promise<ParameterList> => ask(`${API}/governance/parameters`)

/** The genesis as text: what a proof is checked against. */
export async function fetchGenesis(): Promise<string> {
  return JSON.stringify(await ask<Genesis>(`${API}/genesis`), null, 2)
}

/** The head of the chain at a size, signed by one validator: any, or the one that is named. */
export const fetchHead = (size: number, node: string | null): Promise<string> => askText(`${API}/head`, { query: { size, node } })

// Proofs of what the network says, fetched and checked in this browser.
import { fetchGenesis, fetchHead, fetchReceipt, getEntry } from '../api/ledger'
import { mergeHeads } from '../model/heads'
import { mustBeOf } from '../model/proof'
import { toBase64, verify } from '../verifier'
import type { Verdict } from '../verifier/verdict'

let genesis: Promise<string> | null = null

/** The chain's beginning, asked for once. */
function beginning(): Promise<string> {
  genesis ??= fetchGenesis().catch((thrown: unknown) => {
    genesis = null
    throw thrown
  })
  return genesis
}

/** The receipt of a transaction. */
export async function checkTransaction(id: string): Promise<Verdict> {
  const [{ canonical }, trusted] = await Promise.all([fetchReceipt(id), beginning()])
  return mustBeOf(id.toLowerCase(), await verify({ genesis: trusted, proof: canonical }))
}

/** An entry of a state, or that there is none. */
export async function checkEntry(path: string): Promise<Verdict> {
  const [{ canonical, app_id }, trusted] = await Promise.all([getEntry(path), beginning()])
  const key = path.slice(path.lastIndexOf('/') + 1).replace(/\?.*$/, '')
  return mustBeOf(`${app_id}/${key}`, await verify({ genesis: trusted, proof: canonical }))
}

/** The chain's head at a size, from as many validators as can be asked. */
export async function checkHead(size: number, nodes: readonly string[]): Promise<Verdict> {
  const asked = nodes.length === 0 ? [null] : nodes
  const answers = await Promise.allSettled(asked.map((node) => fetchHead(size, node)))
  const notes = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
  const refused = answers.find((answer) => answer.status === 'rejected')
  if (notes.length === 0 && refused) throw refused.reason
  const proof = toBase64(new TextEncoder().encode(mergeHeads(notes)))
  return mustBeOf(String(size), await verify({ genesis: await beginning(), proof }))
}

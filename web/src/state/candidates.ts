// How the validators' chains end, asked of each of them that runs.
import { getBlock, listForks } from '../api/ledger'
import { candidatesOf, type Candidate } from '../model/forks'

/** The candidates, and who did not answer. */
export interface Candidates {
  items: Candidate[]
  silent: string[]
}

/** Asks each of these validators, and compares. Where none is named, the one that serves this page is asked. */
export async function findCandidates(nodes: readonly string[], me: string): Promise<Candidates> {
  const asked = nodes.length === 0 ? [{ name: me, node: null }] : nodes.map((name) => ({ name, node: name }))
  const answers = await Promise.all(asked.map(async (one) => ({ ...one, report: await listForks(one.node).catch(() => null) })))
  const silent = answers.flatMap(({ name, report }) => (report === null ? [name] : []))
  const heard = answers.flatMap(({ name, node, report }) => (report === null ? [] : [{ name, node, report }]))
  if (heard.length === 0) return { items: [], silent }
  const height = Math.min(...heard.map(({ report }) => report.certified))
  const views = heard.map(async ({ name, node, report }) => {
    const shared = height === 0 ? '' : (await getBlock(height, node)).header.hash
    const { tentative, tentative_digest: digest } = report
    return { name, shared, tentative: tentative != null && digest != null ? { height: tentative, digest } : null }
  })
  return { items: candidatesOf(await Promise.all(views), height), silent }
}

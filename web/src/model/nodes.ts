// A validator's state as the table shows it: what the others hear, and what the supervisor knows of its process.
import type { NodeProcess } from '../api/nodes'
import type { Network, NodeRow, NodeState } from '../api/types'

export type ShownState = NodeState | 'starting' | 'stopping'

export function stateOf(node: NodeRow, process: NodeProcess | null): ShownState {
  if (process === null || process.status === 'running') return node.state
  // A proof stays a proof, whatever the process does.
  if (node.state === 'accused') return node.state
  return process.status === 'starting' || process.status === 'stopping' ? process.status : 'down'
}

/** Whether the answer is put together from what all validators say, as a supervisor does, instead of one's own view. */
export const isMerged = (network: Network): boolean => network.nodes.every((node) => !node.is_me)

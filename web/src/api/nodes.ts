// The supervisor's routes. A validator that serves the page alone does not have them.
import { API, ask } from './client'
import { Problem } from './problem'

export type ProcessStatus = 'stopped' | 'starting' | 'running' | 'stopping' | 'error'

/** A validator's process, as the supervisor that started it knows it. */
export interface NodeProcess {
  id: string
  status: ProcessStatus
}

/** The processes, or null where there is no supervisor to ask. */
export async function listProcesses(): Promise<NodeProcess[] | null> {
  try {
    const { nodes } = await ask<{ nodes: NodeProcess[] }>(`${API}/nodes`, { withinMs: 5_000 })
    return nodes
  } catch (thrown) {
    const absent = thrown instanceof Problem && (thrown.status === 404 || thrown.status === 405)
    if (absent) return null
    throw thrown
  }
}

const one = (id: string): string => `${API}/nodes/${encodeURIComponent(id)}`

/** As a power cut would. */
export const killNode = (id: string): Promise<unknown> => ask(`${one(id)}/kill`, { method: 'POST' })
/** Stops it where it runs, and starts it. */
export const restartNode = (id: string): Promise<unknown> => ask(`${one(id)}/restart`, { method: 'POST' })

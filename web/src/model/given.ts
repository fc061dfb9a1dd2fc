// What somebody pasted or dropped, as the bytes of a file.

/** How a block proof begins (c2sp.org/tlog-proof). */
export const PROOF_START = 'c2sp.org/tlog-proof@'

/** A file's bytes as they are. Pasted text loses what stands around it, and ends as a file of text does. */
export function proofBytes({ text, bytes }: { text: string; bytes: Uint8Array | null }): Uint8Array {
  return bytes ?? new TextEncoder().encode(`${text.trim()}\n`)
}

/** A transaction's id, where the text is one. */
export function transactionId(text: string): string | null {
  const id = text.trim().toLowerCase()
  return /^[0-9a-f]{64}$/.test(id) ? id : null
}

/** A block's height, where the text is one. */
export function heightOf(text: string): number | null {
  const digits = text.trim().replaceAll(/[,\s]/g, '')
  const height = Number(digits)
  return /^\d+$/.test(digits) && height > 0 && Number.isSafeInteger(height) ? height : null
}

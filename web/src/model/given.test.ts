import { describe, expect, it } from 'vitest'
import { heightOf, proofBytes, transactionId } from './given'

describe('what somebody gives', () => {
  it('is a file as it is, or text that ends as a file does', () => {
    const bytes = new Uint8Array([1, 2])
    expect(proofBytes({ text: '', bytes })).toBe(bytes)
    expect(new TextDecoder().decode(proofBytes({ text: ' a\n\nb ', bytes: null }))).toBe('a\n\nb\n')
  })
  it.each([['AB'.repeat(32), 'ab'.repeat(32)], [` ${'0'.repeat(64)}\n`, '0'.repeat(64)], ['ab', null], ['g'.repeat(64), null]])('%j names the transaction %j', (text, id) => expect(transactionId(text)).toBe(id))
  it.each([['7', 7], ['1,204', 1204], ['0', null], ['-1', null], ['1.5', null], ['', null], ['9'.repeat(20), null]])('%j is the height %j', (text, height) => expect(heightOf(text)).toBe(height))
})

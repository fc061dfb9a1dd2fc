import { describe, expect, it } from 'vitest'
import { mergeHeads } from './heads'

const note = (size: number, by: string): string => `unisono/aa\n${size}\nroot\n\n— unisono/aa/${by} c2ln\n`

describe('heads of several validators', () => {
  it('become one note with all signatures, each once', () => {
    const merged = mergeHeads([note(7, '0'), note(7, '1'), note(7, '0')])
    expect(merged).toBe('unisono/aa\n7\nroot\n\n— unisono/aa/0 c2ln\n— unisono/aa/1 c2ln\n')
  })
  it('that say something else are left out', () => expect(mergeHeads([note(7, '0'), note(8, '1')])).toBe(note(7, '0')))
  it('may be none', () => expect(mergeHeads([])).toBe(''))
})

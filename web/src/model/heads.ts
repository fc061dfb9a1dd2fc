// Chain heads as signed notes (c2sp.org/signed-note): the same text, with the signature lines of several validators.

/** One note with the lines of all that say the same as the first; what says something else is left out. */
export function mergeHeads(notes: readonly string[]): string {
  const parts = notes.map((note) => {
    const blank = note.lastIndexOf('\n\n')
    return { text: note.slice(0, blank + 1), lines: note.slice(blank + 2).split('\n').filter((line) => line !== '') }
  })
  const [first] = parts
  if (first === undefined) return ''
  const lines = parts.filter(({ text }) => text === first.text).flatMap((part) => part.lines)
  return `${first.text}\n${[...new Set(lines)].join('\n')}\n`
}

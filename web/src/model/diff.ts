// Two byte strings in hexadecimal, cut into runs that agree or differ.

export interface Run {
  text: string
  differs: boolean
}

/** The runs of `mine`, byte by byte against `other`. */
export function runs(mine: string, other: string): Run[] {
  const result: Run[] = []
  for (let at = 0; at < mine.length; at += 2) {
    const text = mine.slice(at, at + 2)
    const differs = text !== other.slice(at, at + 2)
    const last = result.at(-1)
    if (last?.differs === differs) last.text += text
    else result.push({ text, differs })
  }
  return result
}

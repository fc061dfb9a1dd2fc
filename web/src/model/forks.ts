// Where validators' chains end, side by side: heads that contradict each other are candidates, of which one can stay.

/** How one validator's chain ends. */
export interface View {
  name: string
  /** The hash of its block at the last height that all of them have certified. */
  shared: string
  /** Its head above what is final, where its protocol knows such a thing. */
  tentative: { height: number; digest: string } | null
}

/** A block that at least one validator has for the chain's. */
export interface Candidate {
  height: number
  hash: string
  by: string[]
  /** Whether a quorum has certified it; the others may still be replaced. */
  final: boolean
  /** Whether somebody has another one at this height. */
  contested: boolean
}

/** The candidates, highest first. `height` is the last one that all validators have certified. */
export function candidatesOf(views: readonly View[], height: number): Candidate[] {
  const found: Candidate[] = []
  const put = (at: number, hash: string, final: boolean, name: string): void => {
    const same = found.find((one) => one.height === at && one.hash === hash && one.final === final)
    if (same) same.by.push(name)
    else found.push({ height: at, hash, by: [name], final, contested: false })
  }
  for (const { name, shared, tentative } of views) {
    if (height > 0) put(height, shared, true, name)
    if (tentative) put(tentative.height, tentative.digest, false, name)
  }
  const others = (one: Candidate) => found.some((other) => other !== one && other.height === one.height && other.final === one.final)
  return found.map((one) => ({ ...one, contested: others(one) })).toSorted((a, b) => b.height - a.height || (a.hash < b.hash ? -1 : 1))
}

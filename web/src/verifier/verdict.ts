// What the verifier answers: the JSON of the crate `verifier`.

export type StepState = 'passed' | 'failed' | 'unreached'
/** What a step looks at; `subject` is the page's own: whether the proof is about what was asked for. */
export type Topic = 'subject' | 'genesis' | 'proof' | 'chain' | 'inclusion' | 'block' | 'validators' | 'certificate'

export interface Step {
  topic: Topic
  state: StepState
  code: string
  /** The step in English. */
  text: string
  /** The numbers and names in it. */
  values: Record<string, string>
}

interface Attested {
  height: number
  block: string
  time_us: number
  signers: { place: number; name: string }[]
}
export type Proved =
  | ({ kind: 'receipt'; transaction: string; outcome: string; index: number } & Attested)
  | ({ kind: 'entry'; app: number; key: string; key_hex: string; value?: string } & Attested)
  | { kind: 'head'; size: number; root: string; signers: string[] }
  | { kind: 'block'; block: string; height: number; size: number; root: string; signers: string[] }

export interface Verdict {
  valid: boolean
  why?: string
  steps: Step[]
  proved?: Proved
}

/** What is to be checked, and against which genesis (as `GET /api/v1/genesis` answers it). */
export interface Request {
  genesis: string
  /** The proof's bytes, as base64. */
  proof: string
  /** The block that a block proof is about. */
  block?: string
}

// The verifier of the command line, in the browser: the same program, built for WebAssembly. It is loaded once and runs
// from the beginning for each proof, so that none can leave anything behind for the next.
import programUrl from './verifier.wasm?url'
import type { Request, Verdict } from './verdict'
import { run } from './wasi'

/** This web app was built without the verifier. */
export class VerifierAbsent extends Error {}

let loading: Promise<WebAssembly.Module> | null = null

async function load(): Promise<WebAssembly.Module> {
  const bytes = await programBytes(programUrl)
  if (bytes.byteLength === 0) throw new VerifierAbsent()
  return WebAssembly.compile(bytes)
}

/** In the page that is one file, the program stands in the address itself. */
async function programBytes(url: string): Promise<ArrayBuffer> {
  const [, base64] = /^data:[^,]*;base64,(.*)$/s.exec(url) ?? []
  if (base64 !== undefined) return fromBase64(base64).buffer as ArrayBuffer
  if (url.startsWith('data:')) throw new VerifierAbsent()
  const response = await fetch(url)
  if (!response.ok) throw new Error(`the verifier is not there: ${response.status}`)
  return response.arrayBuffer()
}

/** Loads the verifier, so that it is there when the network is not. */
export function prepare(): Promise<WebAssembly.Module> {
  loading ??= load().catch((thrown: unknown) => {
    loading = null
    throw thrown
  })
  return loading
}

/** Checks a proof here, in this browser. */
export async function verify(request: Request): Promise<Verdict> {
  return judge(await prepare(), request)
}

/** Checks a proof with a program that was loaded before. */
export async function judge(program: WebAssembly.Module, request: Request): Promise<Verdict> {
  const answer = await run(program, new TextEncoder().encode(JSON.stringify(request)))
  return JSON.parse(new TextDecoder().decode(answer)) as Verdict
}

function fromBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (char) => char.codePointAt(0) ?? 0)
}

/** Bytes as base64, piece by piece: a call takes only so many arguments. */
export function toBase64(bytes: Uint8Array): string {
  const PIECE = 0x8000
  let text = ''
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE))
  return btoa(text)
}

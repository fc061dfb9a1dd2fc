// The corpus of the crate `verifier`, through the same code in WebAssembly: the browser and the command line agree.
import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { judge, toBase64 } from '.'
import { setLanguage } from '../i18n'
import { wordsOf } from '../model/proof'
import type { Request, Verdict } from './verdict'

interface Case {
  name: string
  request: Request
  valid: boolean
  ends: string
  texts: string[]
}
const corpus = JSON.parse(readFileSync(new URL('../../../crates/verifier/corpus.json', import.meta.url), 'utf8')) as Case[]
let program: WebAssembly.Module

beforeAll(async () => {
  program = await WebAssembly.compile(readFileSync(new URL('verifier.wasm', import.meta.url)))
})
afterEach(() => setLanguage('en'))

const last = ({ steps }: Verdict): string => steps.findLast(({ state }) => state !== 'unreached')?.code ?? ''

describe('the corpus', () => {
  it.each(corpus)('$name', async ({ request, valid, ends, texts }) => {
    const verdict = await judge(program, request)
    expect(verdict.valid).toBe(valid)
    expect(last(verdict)).toBe(ends)
    expect(verdict.steps.map(({ text }) => text)).toEqual(texts)
    expect(verdict.steps.map(wordsOf), 'the page says in English what the command line says').toEqual(texts)
    setLanguage('zh')
    for (const step of verdict.steps) expect(wordsOf(step)).toMatch(/\p{Script=Han}/u)
  })
})

describe('the verifier', () => {
  it('asks for nothing but its input and its output', () => {
    const names = WebAssembly.Module.imports(program).map(({ module, name }) => `${module} ${name}`)
    const known = ['fd_read', 'fd_write', 'environ_get', 'environ_sizes_get', 'proc_exit']
    expect(names.filter((name) => !known.some((one) => name === `wasi_snapshot_preview1 ${one}`))).toEqual([])
  })
  it('lets no changed byte of a receipt pass', async () => {
    const good = corpus[0] as Case
    const bytes = Uint8Array.from(atob(good.request.proof), (char) => char.charCodeAt(0))
    for (let at = 0; at < bytes.length; at += 29) {
      const changed = bytes.slice()
      changed[at] = (changed[at] ?? 0) ^ 1
      const verdict = await judge(program, { ...good.request, proof: toBase64(changed) })
      expect(verdict.valid, `byte ${at}`).toBe(false)
    }
  }, 60_000)
  it('writes bytes as base64 however many they are', () => {
    const bytes = new Uint8Array(100_000).map((_, at) => at % 251)
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'))
  })
})

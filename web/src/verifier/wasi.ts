// As much of WASI preview 1 as a program needs to read its input and to write its output, and nothing more: it has no
// files, no clock, no arguments and no network.
const SUCCESS = 0
const BAD_FILE = 8
const NOT_THERE = 52
const STDIN = 0
const STDOUT = 1

/** The program ended, as it does by calling out. */
class Exit extends Error {}

type Call = (...args: number[]) => number

/** Runs a program from its beginning to its end, with `input` on its standard input; the answer is what it writes. */
export async function run(program: WebAssembly.Module, input: Uint8Array): Promise<Uint8Array> {
  const written: Uint8Array[] = []
  let read = 0
  let memory = new WebAssembly.Memory({ initial: 0 })
  // The memory moves when it grows, so each call looks at it anew.
  const view = (): DataView => new DataView(memory.buffer)

  /** Hands the pieces of memory that a call names to `use`, and tells the program how many bytes that moved. */
  function each(list: number, count: number, moved: number, use: (piece: Uint8Array) => number): number {
    let bytes = 0
    for (let at = list; at < list + 8 * count; at += 8) {
      bytes += use(new Uint8Array(memory.buffer, view().getUint32(at, true), view().getUint32(at + 4, true)))
    }
    view().setUint32(moved, bytes, true)
    return SUCCESS
  }

  const calls: Record<string, Call> = {
    fd_read: (file = 0, list = 0, count = 0, moved = 0) => {
      if (file !== STDIN) return BAD_FILE
      return each(list, count, moved, (piece) => {
        const part = input.subarray(read, read + piece.length)
        piece.set(part)
        read += part.length
        return part.length
      })
    },
    fd_write: (file = 0, list = 0, count = 0, moved = 0) => each(list, count, moved, (piece) => {
      if (file === STDOUT) written.push(piece.slice())
      return piece.length
    }),
    environ_sizes_get: (count = 0, bytes = 0) => {
      view().setUint32(count, 0, true)
      view().setUint32(bytes, 0, true)
      return SUCCESS
    },
    environ_get: () => SUCCESS,
    proc_exit: () => {
      throw new Exit()
    },
  }
  const names = WebAssembly.Module.imports(program).map(({ name }) => name)
  const imports = Object.fromEntries(names.map((name) => [name, calls[name] ?? ((): number => NOT_THERE)]))
  const { exports } = await WebAssembly.instantiate(program, { wasi_snapshot_preview1: imports })
  memory = exports['memory'] as WebAssembly.Memory
  try {
    ;(exports['_start'] as () => void)()
  } catch (thrown) {
    if (!(thrown instanceof Exit)) throw thrown
  }
  return join(written)
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

// Server-sent events read from a fetch: unlike EventSource, it says why it ended and resumes where we choose.

export interface Frame {
  id: string | null
  event: string
  data: string
}

/** Cuts a stream of text into frames, whatever pieces it comes in. */
export class FrameReader {
  #rest = ''

  push(text: string): Frame[] {
    this.#rest = (this.#rest + text).replaceAll('\r\n', '\n')
    const blocks = this.#rest.split('\n\n')
    this.#rest = blocks.pop() ?? ''
    return blocks.map(parseFrame).filter((frame) => frame !== null)
  }
}

function parseFrame(block: string): Frame | null {
  const frame: Frame = { id: null, event: 'message', data: '' }
  const data: string[] = []
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'id') frame.id = value
    else if (name === 'event') frame.event = value
    else if (name === 'data') data.push(value)
  }
  frame.data = data.join('\n')
  return data.length === 0 ? null : frame
}

/** The server answers, and does not give the stream that was asked for. */
export class StreamRefused extends Error {
  override readonly name = 'StreamRefused'
}

/** Reads frames until the stream ends or `signal` stops it. */
export async function readStream(url: string, signal: AbortSignal, open: () => void, take: (frame: Frame) => void): Promise<void> {
  const response = await fetch(url, { headers: { Accept: 'text/event-stream' }, cache: 'no-store', signal })
  if (!response.ok || response.body === null) throw new StreamRefused(`the stream answered ${response.status}`)
  open()
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  const frames = new FrameReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    frames.push(value).forEach(take)
  }
}

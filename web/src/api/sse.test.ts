import { describe, expect, it } from 'vitest'
import { FrameReader } from './sse'

describe('frames', () => {
  it('come out whole, however the stream is cut', () => {
    const text = ': hello\n\nid: 7\nevent: a.b\ndata: {"x":1}\n\ndata: one\ndata: two\n\n'
    for (let size = 1; size <= text.length; size += 1) {
      const reader = new FrameReader()
      const frames = []
      for (let at = 0; at < text.length; at += size) frames.push(...reader.push(text.slice(at, at + size)))
      expect(frames).toEqual([
        { id: '7', event: 'a.b', data: '{"x":1}' },
        { id: null, event: 'message', data: 'one\ntwo' },
      ])
    }
  })
  it('may end their lines as Windows does', () => {
    expect(new FrameReader().push('id:1\r\ndata:x\r\n\r\n')).toEqual([{ id: '1', event: 'message', data: 'x' }])
  })
  it('without data are keep-alives', () => expect(new FrameReader().push(':\n\nid: 3\n\n')).toEqual([]))
})

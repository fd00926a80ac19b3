// Messages of the wall: length, header, JPEG; and whatever else may arrive.
import { describe, expect, it } from 'vitest'
import { parseWallMessage } from './message'

function message(header: string, jpeg: number[], length?: number): ArrayBuffer {
  const text = new TextEncoder().encode(header)
  const size = length ?? text.length
  return new Uint8Array([size >> 8, size & 255, ...text, ...jpeg]).buffer
}
const good = { camera: 'phòng-1', at: '2026-11-22T02:00:00.500Z', persons: 2, w: 640, h: 360 }

describe('parseWallMessage', () => {
  it('reads header and picture', () => {
    const parsed = parseWallMessage(message(JSON.stringify(good), [0xff, 0xd8, 0xff]))
    expect(parsed?.header).toEqual(good)
    expect([...(parsed?.jpeg ?? [])]).toEqual([0xff, 0xd8, 0xff])
  })
  it('keeps zero persons apart from unknown', () => {
    expect(parseWallMessage(message(JSON.stringify({ ...good, persons: 0 }), [1]))?.header.persons).toBe(0)
    expect(parseWallMessage(message(JSON.stringify({ ...good, persons: null }), [1]))?.header.persons).toBeNull()
  })
  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['one byte', new ArrayBuffer(1)],
    ['no picture', message(JSON.stringify(good), [])],
    ['a length beyond the end', message('{}', [1], 9999)],
    ['a length of zero', message('', [1, 2, 3], 0)],
    ['no JSON', message('{"camera":', [1])],
    ['no camera', message('{"at":"2026-11-22T02:00:00Z"}', [1])],
  ])('refuses %s', (_, data) => {
    expect(parseWallMessage(data)).toBeNull()
  })
})

// Fragments as our fragmenter and libav write them, byte by byte.
import { describe, expect, it } from 'vitest'
import { isInit, parseFragment, parseInit, sampleTimes } from './fmp4'

const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const u64 = (value: number) => [...u32(Math.floor(value / 2 ** 32)), ...u32(value >>> 0)]
const box = (type: string, ...parts: number[][]) => {
  const body = parts.flat()
  return [...u32(body.length + 8), ...[...type].map((letter) => letter.charCodeAt(0)), ...body]
}
const zeros = (count: number) => Array.from({ length: count }, () => 0)
const buffer = (bytes: number[]) => new Uint8Array(bytes).buffer

function init(format = 'avc1', record = 'avcC', version = 0) {
  const mdhd = version === 1
    ? box('mdhd', u32(0x0100_0000), zeros(16), u32(90_000), zeros(12))
    : box('mdhd', u32(0), zeros(8), u32(90_000), zeros(8))
  const entry = box(format, zeros(24), [0x07, 0x80], [0x04, 0x38], zeros(50), box(record, [1, 0x64, 0, 0x1f]))
  const stsd = box('stsd', u32(0), u32(1), entry)
  return buffer([...box('ftyp', zeros(8)), ...box('moov', box('mvhd', zeros(100)), box('trak', box('mdia', mdhd, box('minf', box('stbl', stsd)))))])
}

function fragment({ tfdt = [] as number[], trun = [] as number[], tfhd = [...u32(0x2_0000), ...u32(1)], sample = [0, 0, 0, 1, 0x65] }) {
  return buffer([...box('moof', box('mfhd', zeros(8)), box('traf', box('tfhd', tfhd), box('tfdt', tfdt), box('trun', trun))), ...box('mdat', sample)])
}
const v1 = (time: number) => [...u32(0x0100_0000), ...u64(time)]

describe('parseInit', () => {
  it.each([['avc1', 'avcC'], ['hvc1', 'hvcC']])('reads %s', (format, record) => {
    const data = init(format, record)
    expect(isInit(data)).toBe(true)
    expect(parseInit(data)).toEqual({ timescale: 90_000, width: 1920, height: 1080, format, configuration: new Uint8Array([1, 0x64, 0, 0x1f]) })
  })
  it('reads the long form of mdhd', () => {
    expect(parseInit(init('avc1', 'avcC', 1))?.timescale).toBe(90_000)
  })
  it('finds nothing in rubbish, and does not loop', () => {
    expect(parseInit(buffer([...u32(0), 1, 2, 3, 4, 5]))).toBeNull()
    expect(parseInit(buffer([...u32(7), 109, 111, 111, 118]))).toBeNull()
    expect(isInit(buffer([]))).toBe(false)
  })
})

describe('parseFragment', () => {
  it('takes time from a 64-bit tfdt beyond 32 bits', () => {
    const data = fragment({ tfdt: v1(2 ** 33 + 5), trun: [...u32(0x05), ...u32(1), ...u32(0), ...u32(0x0200_0000)] })
    expect(isInit(data)).toBe(false)
    expect(parseFragment(data)).toMatchObject({ baseTime: 2 ** 33 + 5, key: true })
  })
  it('takes time from a 32-bit tfdt', () => {
    expect(parseFragment(fragment({ tfdt: [...u32(0), ...u32(4000)], trun: [...u32(0x01), ...u32(1), ...u32(0)] }))?.baseTime).toBe(4000)
  })
  it('knows a key frame by first_sample_flags', () => {
    const trun = (flags: number) => [...u32(0x05), ...u32(1), ...u32(0), ...u32(flags)]
    expect(parseFragment(fragment({ tfdt: v1(0), trun: trun(0x0200_0000) }))?.key).toBe(true)
    expect(parseFragment(fragment({ tfdt: v1(0), trun: trun(0x0101_0000) }))?.key).toBe(false)
  })
  it('knows it by the flags of the sample, behind duration and size', () => {
    const trun = (flags: number) => [...u32(0x701), ...u32(1), ...u32(0), ...u32(3600), ...u32(5), ...u32(flags)]
    expect(parseFragment(fragment({ tfdt: v1(0), trun: trun(0x0200_0000) }))).toMatchObject({ key: true, duration: 3600 })
    expect(parseFragment(fragment({ tfdt: v1(0), trun: trun(0x0101_0000) }))?.key).toBe(false)
  })
  it('knows it by the defaults of tfhd', () => {
    const tfhd = [...u32(0x2_0038), ...u32(1), ...u32(3600), ...u32(5), ...u32(0x0101_0000)]
    expect(parseFragment(fragment({ tfdt: v1(0), tfhd, trun: [...u32(0x01), ...u32(1), ...u32(0)] }))).toMatchObject({ key: false, duration: 3600 })
  })
  it('looks at the slice when there are no flags at all', () => {
    const of = (sample: number[]) => parseFragment(fragment({ tfdt: v1(0), trun: [...u32(0x01), ...u32(1), ...u32(0)], sample }))
    expect(of([...u32(2), 0x09, 0x10, ...u32(1), 0x65])?.key).toBe(true)
    expect(of([...u32(2), 0x09, 0x10, ...u32(1), 0x41])?.key).toBe(false)
  })
  it('hands out the whole access unit', () => {
    const sample = [0, 0, 0, 2, 0x65, 0x88]
    expect([...(parseFragment(fragment({ tfdt: v1(0), trun: [...u32(0x01), ...u32(1), ...u32(0)], sample }))?.sample ?? [])]).toEqual(sample)
  })
  it('refuses a fragment that was cut off', () => {
    const whole = fragment({ tfdt: v1(0), trun: [...u32(0x01), ...u32(1), ...u32(0)] })
    for (let length = 0; length < whole.byteLength; length++) expect(parseFragment(whole.slice(0, length))).toBeNull()
  })
})

describe('sampleTimes', () => {
  const moof = (at: number, trun: number[], tfhd = [...u32(0x2_0000), ...u32(1)]) => [...new Uint8Array(fragment({ tfdt: v1(at), tfhd, trun }))]
  it('counts on through fragments, by their own durations', () => {
    const trun = (...durations: number[]) => [...u32(0x301), ...u32(durations.length), ...u32(0), ...durations.flatMap((one) => [...u32(one), ...u32(9)])]
    expect(sampleTimes(buffer([...moof(90_000, trun(6000, 6000)), ...moof(102_000, trun(3000, 3000))]))).toEqual([0, 6000, 12_000, 15_000])
  })
  it('takes the usual duration, and puts what is shown later later', () => {
    const tfhd = [...u32(0x2_0008), ...u32(1), ...u32(3600)]
    const trun = [...u32(0x805), ...u32(3), ...u32(0), ...u32(0), ...u32(3600), ...u32(10_800), ...u32(0)]
    expect(sampleTimes(buffer(moof(7, trun, tfhd)))).toEqual([3600, 7200, 14_400])
  })
  it('finds nothing in rubbish', () => expect(sampleTimes(buffer([1, 2, 3]))).toEqual([]))
})

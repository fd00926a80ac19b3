// As much of ISO base media (fragmented MP4) as live video needs: times, key flags, decoder configuration, the sample.

const SAMPLE_IS_NON_SYNC = 0x0001_0000

export interface InitSegment {
  timescale: number
  width: number
  height: number
  /** Four letters of the sample entry: avc1, hvc1, hev1. */
  format: string
  /** Payload of avcC or hvcC: what WebCodecs calls `description`. */
  configuration: Uint8Array
}

export interface Fragment {
  /** tfdt, in the track's timescale. */
  baseTime: number
  duration: number
  key: boolean
  /** One access unit, length-prefixed NAL units; a view into the message. */
  sample: Uint8Array
}

interface BoxSpan {
  type: string
  start: number
  end: number
}

function* boxes(view: DataView, start: number, end: number): Generator<BoxSpan> {
  let at = start
  while (at + 8 <= end) {
    let size = view.getUint32(at)
    let header = 8
    if (size === 1) {
      if (at + 16 > end) return
      size = Number(view.getBigUint64(at + 8))
      header = 16
    } else if (size === 0) {
      size = end - at
    }
    if (size < header || at + size > end) return
    const type = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7))
    yield { type, start: at + header, end: at + size }
    at += size
  }
}

function find(view: DataView, start: number, end: number, ...path: string[]): BoxSpan | null {
  let span: BoxSpan | null = { type: '', start, end }
  for (const type of path) {
    let inner: BoxSpan | null = null
    for (const box of boxes(view, span.start, span.end)) {
      if (box.type === type) {
        inner = box
        break
      }
    }
    if (!inner) return null
    span = inner
  }
  return span
}

const viewOf = (data: ArrayBuffer) => new DataView(data)

/** True when the message starts a stream (ftyp or moov first) and is no fragment. */
export function isInit(data: ArrayBuffer): boolean {
  const view = viewOf(data)
  for (const box of boxes(view, 0, view.byteLength)) {
    if (box.type === 'moov') return true
    if (box.type === 'moof') return false
  }
  return false
}

export function parseInit(data: ArrayBuffer): InitSegment | null {
  const view = viewOf(data)
  const moov = find(view, 0, view.byteLength, 'moov')
  if (!moov) return null
  for (const trak of boxes(view, moov.start, moov.end)) {
    if (trak.type !== 'trak') continue
    const mdhd = find(view, trak.start, trak.end, 'mdia', 'mdhd')
    const stsd = find(view, trak.start, trak.end, 'mdia', 'minf', 'stbl', 'stsd')
    if (!mdhd || !stsd) continue
    const timescale = view.getUint32(mdhd.start + (view.getUint8(mdhd.start) === 1 ? 20 : 12))
    for (const entry of boxes(view, stsd.start + 8, stsd.end)) {
      // A visual sample entry has 78 bytes of fields before the boxes within it.
      for (const inner of boxes(view, entry.start + 78, entry.end)) {
        if (inner.type !== 'avcC' && inner.type !== 'hvcC') continue
        return {
          timescale,
          width: view.getUint16(entry.start + 24),
          height: view.getUint16(entry.start + 26),
          format: entry.type,
          configuration: new Uint8Array(data.slice(inner.start, inner.end)),
        }
      }
    }
  }
  return null
}

/** When each picture of fragments in a row is shown: ticks after the first one's tfdt, in order of time. */
export function sampleTimes(data: ArrayBuffer): number[] {
  const view = viewOf(data)
  const times: number[] = []
  let first: number | null = null
  for (const moof of boxes(view, 0, view.byteLength)) {
    const traf = moof.type === 'moof' ? find(view, moof.start, moof.end, 'traf') : null
    const tfdt = traf && find(view, traf.start, traf.end, 'tfdt')
    const tfhd = traf && find(view, traf.start, traf.end, 'tfhd')
    if (!traf || !tfdt || !tfhd) continue
    let at = baseTimeOf(view, tfdt)
    first ??= at
    for (const trun of boxes(view, traf.start, traf.end)) {
      if (trun.type !== 'trun') continue
      for (const { duration, offset } of samples(view, trun, trackDefaults(view, tfhd).duration ?? 0)) {
        times.push(at + offset - first)
        at += duration
      }
    }
  }
  return times.sort((a, b) => a - b)
}

function* samples(view: DataView, trun: BoxSpan, usual: number): Generator<{ duration: number; offset: number }> {
  const has = view.getUint32(trun.start) & 0xff_ffff
  const count = view.getUint32(trun.start + 4)
  const fields = [0x100, 0x200, 0x400, 0x800].filter((field) => has & field)
  let at = trun.start + 8 + (has & 0x001 ? 4 : 0) + (has & 0x004 ? 4 : 0)
  for (let number = 0; number < count && at + fields.length * 4 <= trun.end; number += 1) {
    const duration = has & 0x100 ? view.getUint32(at) : usual
    // Signed in both versions: nothing is shown half a clock later.
    const offset = has & 0x800 ? view.getInt32(at + 4 * (fields.length - 1)) : 0
    yield { duration, offset }
    at += fields.length * 4
  }
}

export function parseFragment(data: ArrayBuffer): Fragment | null {
  const view = viewOf(data)
  const traf = find(view, 0, view.byteLength, 'moof', 'traf')
  const mdat = find(view, 0, view.byteLength, 'mdat')
  if (!traf || !mdat) return null
  const tfdt = find(view, traf.start, traf.end, 'tfdt')
  const tfhd = find(view, traf.start, traf.end, 'tfhd')
  const trun = find(view, traf.start, traf.end, 'trun')
  if (!tfdt || !tfhd || !trun) return null
  const baseTime = baseTimeOf(view, tfdt)
  const defaults = trackDefaults(view, tfhd)
  const first = firstSample(view, trun)
  const flags = first.flags ?? defaults.flags
  const key = flags === null ? hasKeyNal(view, mdat) : (flags & SAMPLE_IS_NON_SYNC) === 0
  return {
    baseTime,
    duration: first.duration ?? defaults.duration ?? 0,
    key,
    sample: new Uint8Array(data, mdat.start, mdat.end - mdat.start),
  }
}

function baseTimeOf(view: DataView, tfdt: BoxSpan): number {
  return view.getUint8(tfdt.start) === 1 ? Number(view.getBigUint64(tfdt.start + 4)) : view.getUint32(tfdt.start + 4)
}

function trackDefaults(view: DataView, tfhd: BoxSpan): { duration: number | null; flags: number | null } {
  const has = view.getUint32(tfhd.start) & 0xff_ffff
  let at = tfhd.start + 8
  if (has & 0x01) at += 8
  if (has & 0x02) at += 4
  let duration: number | null = null
  if (has & 0x08) {
    duration = view.getUint32(at)
    at += 4
  }
  if (has & 0x10) at += 4
  return { duration, flags: has & 0x20 ? view.getUint32(at) : null }
}

function firstSample(view: DataView, trun: BoxSpan): { duration: number | null; flags: number | null } {
  const has = view.getUint32(trun.start) & 0xff_ffff
  let at = trun.start + 8
  if (has & 0x001) at += 4
  let flags: number | null = null
  if (has & 0x004) {
    flags = view.getUint32(at)
    at += 4
  }
  let duration: number | null = null
  if (has & 0x100) {
    duration = view.getUint32(at)
    at += 4
  }
  if (has & 0x200) at += 4
  if (has & 0x400 && flags === null) flags = view.getUint32(at)
  return { duration, flags }
}

// No flags anywhere: look at the first slice itself. Only H.264 is looked at so; H.265 fragments carry flags.
function hasKeyNal(view: DataView, mdat: BoxSpan): boolean {
  let at = mdat.start
  while (at + 5 <= mdat.end) {
    const type = view.getUint8(at + 4) & 0x1f
    if (type === 5) return true
    if (type === 1) return false
    at += 4 + view.getUint32(at)
  }
  return false
}

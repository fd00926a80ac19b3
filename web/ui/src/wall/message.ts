// One message of /ws/wall: uint16 length (big-endian), JSON header, JPEG. Pure.

export interface WallHeader {
  camera: string
  at: string
  persons: number | null
  w: number
  h: number
}

export interface WallMessage {
  header: WallHeader
  jpeg: Uint8Array<ArrayBuffer>
}

const text = new TextDecoder('utf-8', { fatal: true })

/** Null for anything that is no whole message: one bad tile must not stop the others. */
export function parseWallMessage(data: ArrayBuffer): WallMessage | null {
  if (data.byteLength < 2) return null
  const length = new DataView(data).getUint16(0)
  if (length === 0 || 2 + length >= data.byteLength) return null
  try {
    const header = JSON.parse(text.decode(new Uint8Array(data, 2, length))) as Partial<WallHeader>
    if (typeof header.camera !== 'string' || typeof header.at !== 'string') return null
    return {
      header: {
        camera: header.camera,
        at: header.at,
        persons: typeof header.persons === 'number' ? header.persons : null,
        w: Number(header.w) || 0,
        h: Number(header.h) || 0,
      },
      jpeg: new Uint8Array(data, 2 + length),
    }
  } catch {
    return null
  }
}

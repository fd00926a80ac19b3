// One request to the service: JSON in (or a file as it is) and out, problem documents as errors, the server's clock measured on the way.
import { serverClock } from '../time/serverClock'
import { doubt } from '../rooms/openings'
import type { ProblemBody } from './types'

/** The service answered, and the answer is no. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    readonly detail: string,
    readonly retryAfterS: number | null,
    /** The whole document: some problems say more than the common fields. */
    readonly body: object = {},
  ) {
    super(detail || kind || `HTTP ${status}`)
  }
}

/** The service did not answer at all. */
export class Unreachable extends Error {}

type Listener = () => void

/** Something that anybody may announce and that whoever cares is told of. */
function announcement(): [on: (listener: Listener) => () => void, announce: () => void] {
  const listeners = new Set<Listener>()
  const on = (listener: Listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return [on, () => listeners.forEach((listener) => listener())]
}

/** The session is over. */
export const [onSignedOut, announceSignedOut] = announcement()
/** The server refused what this page took for permitted, or said that rights have changed: read the session anew. */
export const [onRightsDoubted, announceRightsDoubted] = announcement()

export async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const sent = Date.now()
  let response: Response
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { Accept: 'application/json' } : { 'Content-Type': body instanceof Blob ? body.type : 'application/json' },
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    })
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Unreachable(path, { cause })
  }
  if (response.status === 204) return undefined as T
  if (!response.ok) throw await problemOf(response, path)
  const value = (await response.json()) as T
  const now = (value as { now?: unknown } | null)?.now
  if (path === '/api/system' && typeof now === 'string') serverClock.measure(sent, Date.now(), Date.parse(now))
  return value
}

async function problemOf(response: Response, path: string): Promise<Error> {
  // A proxy in front that lost the service answers 502 or 504 in its stead: that is no answer of the service.
  if (response.status === 502 || response.status === 504) return new Unreachable(path)
  const body = (await response.json().catch(() => ({}))) as ProblemBody
  const retry = Number(response.headers.get('Retry-After'))
  const kind = (body.type ?? '').split('#').pop() ?? ''
  if (kind === 'room-closed') doubt()
  if (response.status === 401 && path !== '/api/session') announceSignedOut()
  if (response.status === 403 && kind === 'forbidden') announceRightsDoubted()
  return new Problem(response.status, kind, body.detail ?? body.title ?? '', retry > 0 ? retry : null, body)
}

export const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, undefined, signal)

/** A query string of what is set; empty when nothing is. */
export function query(parts: Record<string, string | number | null | undefined>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parts)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text ? `?${text}` : ''
}

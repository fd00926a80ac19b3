// Taking an alert on from its notification, with the session that this browser has.
import type { Pushed, Taken } from './push'

/** A phone at the edge of a network: so long is waited before it is said that nothing came. */
const PATIENCE_MS = 10_000

interface Stepped {
  steps?: { by: string | null }[]
}

export async function take(push: Pushed & { alert: string }): Promise<Taken> {
  const path = `/api/alerts/${encodeURIComponent(push.alert)}`
  try {
    const answer = await fetch(`${path}/ack`, {
      method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ group: true }), signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (answer.ok) return { state: 'taken' }
    if (answer.status === 401) return { state: 'signed-out' }
    if (answer.status === 403) return { state: 'forbidden' }
    if (answer.status === 404) return { state: 'gone' }
    return answer.status === 409 ? { state: 'first', by: await firstOf(path) } : { state: 'lost' }
  } catch {
    return { state: 'lost' }
  }
}

async function firstOf(path: string): Promise<string | null> {
  try {
    const answer = await fetch(path, { credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE_MS) })
    const { steps } = (await answer.json()) as Stepped
    return steps?.findLast((step) => step.by !== null)?.by ?? null
  } catch {
    return null
  }
}

/** The picture as a `data:` address, since a worker has none of its own to give; null where it may not or cannot be had. */
export async function pictureOf(alert: string): Promise<string | null> {
  try {
    const answer = await fetch(`/api/alerts/${encodeURIComponent(alert)}/snapshot.jpg`, {
      credentials: 'same-origin', cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (!answer.ok || answer.headers.get('Content-Type') !== 'image/jpeg') return null
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const parts: string[] = []
    for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
    return `data:image/jpeg;base64,${btoa(parts.join(''))}`
  } catch {
    return null
  }
}

// A rule tried on the last hour of recordings before it is armed: asked for, watched, cancelled.
import { useEffect, useRef, useState } from 'react'
import { Problem, request } from '../../api/client'
import type { Rule, Zone } from '../../api/types'
import { pointsOf } from '../geometry'
import { ruleMeaning } from './differences'

export interface Fired {
  start: string
  end: string | null
  persons: number | null
  most: number | null
}

export interface TryoutBody {
  id: string
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  start: string | null
  end: string | null
  looked_s: number
  missing_s: number
  model: string | null
  fired: Fired[]
  error: string | null
}

export type Tryout =
  | { phase: 'none' }
  | { phase: 'asking' }
  | { phase: 'running'; queued: boolean; progress: number }
  | { phase: 'done'; result: TryoutBody }
  | { phase: 'failed'; error: unknown; said: string | null }
  | { phase: 'busy'; againInS: number }
  | { phase: 'forgotten' }

const POLL_MS = 1000
/** So often in a row the service may be away while it is looked at: the try-out itself goes on. */
const PATIENCE = 8
const HOURS = 1

/** Only what the rule looks at goes along. */
const zonesFor = (rule: Rule, zones: readonly Zone[]) => zones.filter((zone) => zone.id === rule.zone)
/** What a result is of: with another rule, or its zone moved, it says nothing any more. */
export const meantBy = (rule: Rule, zones: readonly Zone[]) =>
  [ruleMeaning(rule), ...zonesFor(rule, zones).map((zone) => JSON.stringify(pointsOf(zone)))].join()

export function useTryout(camera: string) {
  const base = `/api/cameras/${encodeURIComponent(camera)}/tryouts`
  const [tryout, setTryout] = useState<Tryout>({ phase: 'none' })
  /** What the one that runs, or ran, was asked of. */
  const [of, setOf] = useState<string | null>(null)
  const running = useRef<{ id: string | null; over: boolean } | null>(null)

  const cancel = () => {
    const was = running.current
    if (was && !was.over) {
      was.over = true
      if (was.id) void request('DELETE', `${base}/${encodeURIComponent(was.id)}`).catch(() => undefined)
    }
    running.current = null
    setTryout({ phase: 'none' })
  }
  // Nobody waits for it any more.
  useEffect(() => () => cancel(), [camera])

  const start = async (rule: Rule, zones: readonly Zone[]) => {
    cancel()
    const own: { id: string | null; over: boolean } = { id: null, over: false }
    running.current = own
    setOf(meantBy(rule, zones))
    setTryout({ phase: 'asking' })
    const tell = (next: Tryout) => {
      if (!own.over) setTryout(next)
    }
    try {
      const { id } = await request<{ id: string }>('POST', base, { rule, zones: zonesFor(rule, zones), hours: HOURS })
      own.id = id
      if (own.over) {
        // It was cancelled before it had a name.
        void request('DELETE', `${base}/${encodeURIComponent(id)}`).catch(() => undefined)
        return
      }
      let missed = 0
      while (!own.over) {
        let body: TryoutBody
        try {
          body = await request<TryoutBody>('GET', `${base}/${encodeURIComponent(id)}`)
          missed = 0
        } catch (error) {
          if ((error instanceof Problem && error.status !== 503) || ++missed > PATIENCE) throw error
          await new Promise((resolve) => setTimeout(resolve, POLL_MS))
          continue
        }
        if (body.state === 'done') tell({ phase: 'done', result: body })
        else if (body.state === 'failed') tell({ phase: 'failed', error: null, said: body.error })
        else if (body.state === 'cancelled') tell({ phase: 'none' })
        else {
          tell({ phase: 'running', queued: body.state === 'queued', progress: body.progress })
          await new Promise((resolve) => setTimeout(resolve, POLL_MS))
          continue
        }
        own.over = true
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 404 && own.id !== null) tell({ phase: 'forgotten' })
      else if (error instanceof Problem && error.kind === 'busy') tell({ phase: 'busy', againInS: error.retryAfterS ?? 10 })
      else tell({ phase: 'failed', error, said: null })
      own.over = true
    }
  }
  return { tryout, of, start, cancel }
}

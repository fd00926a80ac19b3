// A rule tried on the last recordings before it is armed: asked for, watched, cancelled. It belongs to its rule: whoever
// opens another one, or leaves the page, finds it further on, or its result.
import { use, useEffect } from 'react'
import { Problem, request } from '../../api/client'
import type { Rule, Zone } from '../../api/types'
import { Store, useStore } from '../../preferences/store'
import { SessionContext } from '../../shell/shellState'
import { pointsOf } from '../geometry'
import { ruleMeaning } from './draft'

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
  /** All before it was looked at, or is missing. */
  looked_until: string | null
  model: string | null
  fired: Fired[]
  error: string | null
}

/** What one that did not come to its end had found by then, if anything, stays. */
export type Tryout =
  | { phase: 'none' }
  | { phase: 'asking' }
  | { phase: 'running'; result: TryoutBody }
  | { phase: 'done'; result: TryoutBody }
  | { phase: 'cut'; why: string; result: TryoutBody }
  | { phase: 'failed'; error: unknown; said: string | null }
  | { phase: 'busy'; againInS: number }
  | { phase: 'forgotten' }

const POLL_MS = 1000
/** So often in a row the service may be away while it is looked at: the try-out itself goes on. */
const PATIENCE = 8
export const HOURS = [0.25, 1] as const

/** Only what the rule looks at goes along. */
const zonesFor = (rule: Rule, zones: readonly Zone[]) => zones.filter((zone) => zone.id === rule.zone)
/** What a result is of: with another rule, or its zone moved, it says nothing any more. */
export const meantBy = (rule: Rule, zones: readonly Zone[]) =>
  [ruleMeaning(rule), ...zonesFor(rule, zones).map((zone) => JSON.stringify(pointsOf(zone)))].join()

const looked = (body: TryoutBody) => body.looked_until !== null && body.looked_s > 0
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** One rule's try-out; it goes on whether or not anybody shows it. */
class Trial {
  readonly shown = new Store<Tryout>({ phase: 'none' })
  /** What the one that runs, or ran, was asked of. */
  of: string | null = null
  /** The kind of its rule: what its counts are of. */
  kind = ''
  hours: number = HOURS[1]
  private running: { id: string | null; over: boolean } | null = null

  constructor(private readonly base: string) {}

  cancel = (): void => {
    const was = this.running
    this.running = null
    if (was && !was.over) {
      was.over = true
      if (was.id) this.giveUp(was.id)
    }
    const now = this.shown.get()
    this.shown.set(now.phase === 'running' && looked(now.result) ? { phase: 'cut', why: 'cancelled', result: now.result } : { phase: 'none' })
  }

  async start(rule: Rule, zones: readonly Zone[]): Promise<void> {
    this.cancel()
    const own: { id: string | null; over: boolean } = { id: null, over: false }
    this.running = own
    this.of = meantBy(rule, zones)
    this.kind = rule.kind
    this.shown.set({ phase: 'asking' })
    let last: TryoutBody | null = null
    const end = (how: Tryout) => {
      if (!own.over) this.shown.set(how)
      own.over = true
    }
    try {
      const { id } = await request<{ id: string }>('POST', this.base, { rule, zones: zonesFor(rule, zones), hours: this.hours })
      own.id = id
      if (own.over) this.giveUp(id) // It was cancelled before it had a name.
      let missed = 0
      while (!own.over) {
        let body: TryoutBody
        try {
          body = await request<TryoutBody>('GET', `${this.base}/${encodeURIComponent(id)}`)
          missed = 0
        } catch (error) {
          if ((error instanceof Problem && error.status !== 503) || ++missed > PATIENCE) throw error
          await wait(POLL_MS)
          continue
        }
        if (body.state === 'done') end({ phase: 'done', result: body })
        else if (body.state === 'failed') end(looked(body) ? { phase: 'cut', why: body.error ?? 'interrupted', result: body } : { phase: 'failed', error: null, said: body.error })
        else if (body.state === 'cancelled') end(looked(body) ? { phase: 'cut', why: 'cancelled', result: body } : { phase: 'none' })
        else if (!own.over) {
          last = body
          this.shown.set({ phase: 'running', result: body })
          await wait(POLL_MS)
        }
      }
    } catch (error) {
      if (last && looked(last)) end({ phase: 'cut', why: 'interrupted', result: last })
      else if (error instanceof Problem && error.status === 404 && own.id !== null) end({ phase: 'forgotten' })
      else if (error instanceof Problem && error.kind === 'busy') end({ phase: 'busy', againInS: error.retryAfterS ?? 10 })
      else end({ phase: 'failed', error, said: null })
    }
  }

  private giveUp(id: string): void {
    void request('DELETE', `${this.base}/${encodeURIComponent(id)}`).catch(() => undefined)
  }
}

/** Until the page is closed; of whoever is signed in, by camera, then by rule. */
const trials = new Map<string, Map<string, Trial>>()

function useTrials(camera: string): Map<string, Trial> {
  const key = JSON.stringify([use(SessionContext)?.user.id ?? 0, camera])
  let own = trials.get(key)
  if (!own) trials.set(key, (own = new Map()))
  return own
}

export function useTryout(camera: string, rule: string) {
  const own = useTrials(camera)
  let trial = own.get(rule)
  if (!trial) own.set(rule, (trial = new Trial(`/api/cameras/${encodeURIComponent(camera)}/tryouts`)))
  return { trial, tryout: useStore(trial.shown) }
}

/** A rule that was removed, however it went, is tried no further. */
export function useTryoutsOf(camera: string, rules: readonly Rule[]): void {
  const own = useTrials(camera)
  useEffect(() => {
    for (const [rule, trial] of own) {
      if (rules.some((one) => one.id === rule)) continue
      trial.cancel()
      own.delete(rule)
    }
  }, [own, rules])
}

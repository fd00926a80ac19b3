// What happened to an alert, as one line of time: its steps and the rungs that were called, each thing said once. Pure.
import type { Attempt, Call } from '../../api/chains'
import type { Alert, AlertStep } from '../../api/types'
import type { Policy, SiteNow } from '../../duty/types'
import { isTechnical } from '../kinds'

export type Entry =
  | { kind: 'step'; at: string; step: AlertStep; /** The calling came to its end with it. */ stopped: boolean }
  | { kind: 'rung'; at: string; call: Call }

/** Said by the rungs themselves, as soon as they are read. */
const OF_RUNGS = new Set(['called', 'notified', 'escalated'])

/** Oldest first; of one moment the step comes before what it led to. */
export function courseOf(alert: Pick<Alert, 'steps' | 'calls' | 'chain'>): Entry[] {
  const calls = alert.calls ?? []
  const steps = alert.steps.filter((step) => calls.length === 0 || !OF_RUNGS.has(step.kind))
  const by = alert.chain?.state === 'stopped' ? alert.chain.by : null
  const stopper = by === null ? undefined : steps.find((step) => (step.kind === 'acknowledged' || step.kind === 'resolved') && step.by === by)
  const entries: Entry[] = [
    ...steps.map((step): Entry => ({ kind: 'step', at: step.at, step, stopped: step === stopper })),
    ...calls.map((call): Entry => ({ kind: 'rung', at: call.at, call })),
  ]
  return entries.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || Number(a.kind === 'rung') - Number(b.kind === 'rung'))
}

/** How far one person of a rung was reached. */
export type Reach =
  | { state: 'reached'; attempt: Attempt; afterMs: number; before: Attempt[] }
  | { state: 'trying'; before: Attempt[] }
  | { state: 'failed'; before: Attempt[] }
  | { state: 'none' }

/** `before`: what had failed by then, oldest first. */
export function reachOf(call: Pick<Call, 'at'>, attempts: readonly Attempt[]): Reach {
  const made = attempts.filter((one) => one.state !== 'skipped')
  const failed = made.filter((one) => one.state === 'failed')
  const sent = made.find((one) => one.state === 'sent')
  if (sent) {
    const at = sent.at === null ? NaN : Date.parse(sent.at)
    return { state: 'reached', attempt: sent, afterMs: Math.max(0, at - Date.parse(call.at)) || 0, before: failed.filter((one) => one.at !== null && (Number.isNaN(at) || Date.parse(one.at) <= at)) }
  }
  if (made.some((one) => one.state === 'due')) return { state: 'trying', before: failed }
  return failed.length > 0 ? { state: 'failed', before: failed } : { state: 'none' }
}

/** The same answer over the same channel is one line, with how often it came. */
export function tallied(attempts: readonly Attempt[]): { attempt: Attempt; times: number }[] {
  const found: { attempt: Attempt; times: number }[] = []
  for (const attempt of attempts) {
    const same = found.find((one) => one.attempt.channel === attempt.channel && one.attempt.answer === attempt.answer)
    if (same) same.times += 1
    else found.push({ attempt, times: 1 })
  }
  return found
}

/** Whom the chain calls next: a duty, and whether it was called before; null where nobody, or nobody knows. */
export function nextOf(alert: Pick<Alert, 'kind' | 'severity' | 'chain'>, policy: Policy | undefined): { duty: string; again: boolean } | null {
  const { chain } = alert
  if (!chain || (chain.state !== 'running' && chain.state !== 'due')) return null
  const ladder = (isTechnical(alert.kind) ? policy?.technical : policy?.security)?.[alert.severity]
  if (!ladder) return null
  const place = chain.rung === null ? 0 : chain.rung + 1
  const rung = ladder.rungs[place]
  if (rung) return { duty: rung.duty, again: false }
  const last = ladder.rungs.at(-1)
  return last && ladder.repeat_s !== null ? { duty: last.duty, again: true } : null
}

/** Who has a duty at a site now, each once; those of all sites, too. */
export function onDutyAt(site: string | null, duty: string, now: readonly SiteNow[]): string[] {
  const there = now.filter((one) => one.site === null || one.site === site).flatMap((one) => one.duties)
  return [...new Set(there.filter((one) => one.duty === duty).flatMap((one) => one.people.map(({ user }) => user)))]
}

/** The duty that was called last, as far as a list tells it. */
export function calledLast(alert: Pick<Alert, 'steps' | 'calls'>): string | null {
  return alert.calls?.at(-1)?.duty ?? alert.steps.findLast((step) => step.kind === 'called')?.note ?? null
}

/** "1:24": to a deadline. */
export function countdown(ms: number): string {
  const s = Math.max(0, Math.ceil(ms / 1000))
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`
}

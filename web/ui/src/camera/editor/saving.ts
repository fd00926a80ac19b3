// A camera's zones, rules and masks put into force: sent, watched until the detector goes by them, taken back.
import { get, Problem, request, Unreachable } from '../../api/client'
import { keys, queryClient } from '../../api/queries'
import type { Analysis, CameraDetail, System } from '../../api/types'
import { tell } from '../../controls/toasts'
import i18n from '../../i18n'
import { Store } from '../../preferences/store'
import { apart, together, type Apart } from './masks'
import type { Saved } from './state'

/** Why what was saved is not in force yet. */
export type Late = 'away' | 'behind' | 'bus' | 'unreachable'

export interface Saving {
  camera: string
  what: What
  phase: 'saving' | 'saved' | 'inForce' | 'failed'
  /** What the service calls the revision; null until it has answered. */
  revision: number | null
  /** From pressing the button until the detector said that it goes by it. */
  tookMs: number | null
  late: Late | null
  error: unknown
  /** What an undo of it restores, or a redo where it was an undo itself. */
  before: Analysis
  /** What was sent: an undo or redo is drawn upon this, whatever the page has seen since. */
  after: Analysis
}

/** `redo`: an undo taken back. */
export type What = 'save' | 'undo' | 'redo'

/** Somebody changed the same camera meanwhile: nothing was written. */
export interface Quarrel {
  camera: string
  what: What
  mine: Analysis
  base: Analysis
  theirs: Saved
  by: string | null
  at: string | null
  onTheirs: () => void
}

export const saving = new Store<Saving | null>(null)
export const quarrel = new Store<Quarrel | null>(null)

const POLL_MS = 250
const SLOW_POLL_MS = 2000
/** A detector that has not taken a revision on by then is away or behind: that is said. */
export const LATE_MS = 5000
const GIVE_UP_MS = 10 * 60_000

let turn = 0
/** Takes the last save's notice away: its way back is of no use once something else was saved. */
let unsay = () => undefined as void

export const listsOf = ({ zones, rules }: Analysis): Analysis => ({ zones, rules })

/** Resolves when the service has answered; whether it took it. What happens after that is in `saving`. */
export async function save(
  camera: string, mine: Analysis, base: Saved, onTheirs: () => void = () => undefined, what: What = 'save',
): Promise<boolean> {
  const own = ++turn
  const pressed = performance.now()
  const [before, after] = [listsOf(base), listsOf(mine)]
  saving.set({ camera, what, phase: 'saving', revision: null, tookMs: null, late: null, error: null, before, after })
  try {
    const body = { ...apart(after), base_revision: base.revision }
    const { revision } = await request<{ revision: number }>('PUT', `/api/cameras/${encodeURIComponent(camera)}/analysis`, body)
    change(own, { phase: 'saved', revision })
    await queryClient.cancelQueries({ queryKey: keys.camera(camera) })
    put(camera, { ...mine, revision })
    unsay()
    unsay = tell(i18n.t(`savedToast.${what}`), 'done', { label: i18n.t(what === 'undo' ? 'editor.redoSave' : 'action.undo'), run: () => void turnBack(own) })
    void watch(own, camera, revision, pressed)
    return true
  } catch (error) {
    const found = error instanceof Problem && error.kind === 'changed' ? quarrelOf(error, camera, what, mine, before, onTheirs) : null
    if (found) {
      saving.set(null)
      quarrel.set(found)
    } else change(own, { phase: 'failed', error })
    return false
  }
}

/** Puts back what was there before the last save, or before its undo; `of` says which one a notice is about. */
export async function turnBack(of: number = turn): Promise<void> {
  const last = saving.get()
  if (of !== turn || !last || last.revision === null) {
    tell(i18n.t('editor.turnPast'), 'breach')
    return
  }
  const { camera, before, after, revision } = last
  const done = await save(camera, before, { ...after, revision }, undefined, last.what === 'undo' ? 'redo' : 'undo')
  const failed = saving.get()
  if (done || failed?.phase !== 'failed') return
  // The way back is still there: it may be tried again.
  saving.set({ ...last, phase: 'failed', error: failed.error })
  tell(refusal(failed.error) ?? i18n.t('editor.turnFailed'), 'breach')
}

/** The service's own words where it says what is wrong; else null. */
export function refusal(error: unknown): string | null {
  return error instanceof Problem && error.status === 422 && error.detail ? `${i18n.t('editor.refused')} ${error.detail}` : null
}

function change(own: number, part: Partial<Saving>): void {
  const now = saving.get()
  if (own === turn && now) saving.set({ ...now, ...part })
}

function put(camera: string, saved: Saved): void {
  const { revision } = saved
  queryClient.setQueryData<CameraDetail>(keys.camera(camera), (held) => (held ? { ...held, ...apart(saved), revision } : held))
}

async function watch(own: number, camera: string, revision: number, pressed: number): Promise<void> {
  for (;;) {
    const elapsed = performance.now() - pressed
    if (own !== turn || elapsed > GIVE_UP_MS) return
    let late: Late
    try {
      const found = await get<CameraDetail>(`/api/cameras/${encodeURIComponent(camera)}`)
      if (own !== turn) return
      if ((found.revision ?? 0) >= revision) queryClient.setQueryData(keys.camera(camera), found)
      const applied = found.analysis_revision ?? null
      if (applied !== null && applied >= revision) {
        change(own, { phase: 'inForce', tookMs: performance.now() - pressed, late: null })
        return
      }
      const system = queryClient.getQueryData<System>(keys.system)
      late = applied !== null ? 'behind' : system?.bus.connected === false ? 'bus' : 'away'
    } catch (error) {
      if (error instanceof Problem && error.status < 500) return
      late = error instanceof Unreachable ? 'unreachable' : 'behind'
    }
    const waited = performance.now() - pressed
    if (waited > LATE_MS) change(own, { late })
    await new Promise((resolve) => setTimeout(resolve, waited > 2 * LATE_MS ? SLOW_POLL_MS : POLL_MS))
  }
}

function quarrelOf(
  problem: Problem, camera: string, what: What, mine: Analysis, base: Analysis, onTheirs: () => void,
): Quarrel | null {
  const { revision, zones, rules, masks, by, at } = problem.body as Partial<Apart & Saved & { by: string | null; at: string | null }>
  if (revision === undefined || !zones || !rules) return null
  return { camera, what, mine: listsOf(mine), base, theirs: { revision, ...together({ zones, rules, masks }) }, by: by ?? null, at: at ?? null, onTheirs }
}

/** The other's is kept: the page shows it at once. */
export function settleForTheirs(found: Quarrel): void {
  put(found.camera, found.theirs)
  quarrel.set(null)
  found.onTheirs()
}

/** Mine in the place of the other's, knowingly, or both in one; the draft follows what is saved. */
export async function settleFor(found: Quarrel, wanted: Analysis): Promise<void> {
  quarrel.set(null)
  const done = await save(found.camera, wanted, found.theirs, found.onTheirs, found.what)
  if (done && wanted !== found.mine) found.onTheirs()
}

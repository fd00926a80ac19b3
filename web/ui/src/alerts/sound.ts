// One short tone for a new alert, and the quarter of an hour in which it is silent (with the reason it was).
import { readJson, writeJson } from '../preferences/preferences'
import { Store } from '../preferences/store'

export interface Mute {
  until: number
  reason: string
}

export const MUTE_MS = 15 * 60_000
const KEY = 'vms.mute'
const NEAR_MS = 1500

function held(): Mute | null {
  const mute = readJson<Mute | null>(KEY, null)
  return mute && mute.until > Date.now() ? mute : null
}

export const muted = new Store<Mute | null>(held())
/** False until the browser allows sound: it wants one click or key first. */
export const soundReady = new Store(false)

let context: AudioContext | null = null
let timer: ReturnType<typeof setTimeout> | undefined
let last = -Infinity

function wake(): void {
  try {
    context ??= new AudioContext()
    void context.resume().then(() => soundReady.set(context?.state === 'running'))
  } catch {
    // No audio device: alerts are still seen.
  }
}

export function allowSoundOnFirstGesture(): void {
  for (const type of ['pointerdown', 'keydown'] as const) window.addEventListener(type, wake, { once: true, capture: true })
  schedule()
}

export function mute(reason: string): void {
  const value = { until: Date.now() + MUTE_MS, reason }
  writeJson(KEY, value)
  muted.set(value)
  schedule()
}

export function unmute(): void {
  writeJson(KEY, null)
  muted.set(null)
}

function schedule(): void {
  clearTimeout(timer)
  const mute = muted.get()
  if (mute) timer = setTimeout(unmute, Math.max(0, mute.until - Date.now()))
}

/** Two notes, 0.3 s, once; several alerts at the same moment are one sound. */
export function ring(critical: boolean): void {
  const now = performance.now()
  if (muted.get() || !context || context.state !== 'running' || now - last < NEAR_MS) return
  last = now
  const notes = critical ? [880, 1174.7] : [659.3, 784]
  notes.forEach((frequency, index) => {
    if (!context) return
    const at = context.currentTime + index * 0.14
    const gain = context.createGain()
    gain.gain.setValueAtTime(0, at)
    gain.gain.linearRampToValueAtTime(0.22, at + 0.015)
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.16)
    const tone = context.createOscillator()
    tone.type = 'sine'
    tone.frequency.value = frequency
    tone.connect(gain).connect(context.destination)
    tone.start(at)
    tone.stop(at + 0.18)
  })
}

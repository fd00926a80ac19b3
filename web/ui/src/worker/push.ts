// What a push is shown as, and what takes its place once something was done about it. Pure; sw.ts shows it.
import type { Language } from './words'
import { say } from './words'

/** What the server sends (docs/channels.md): text only, since it passes through others' hands. */
export interface Pushed {
  title: string
  body: string
  /** Within the dashboard. */
  path: string
  tag: string
  urgent: boolean
  silent: boolean
  /** That can be taken on from the message itself. */
  alert: string | null
  /** Its snapshot may be shown to whoever holds the phone; it is fetched from the dashboard, never sent along. */
  picture: boolean
  language: Language
}

export interface Shown {
  title: string
  options: {
    body: string
    tag: string
    renotify: boolean
    silent: boolean
    requireInteraction: boolean
    icon: string
    badge: string
    lang: string
    vibrate?: number[]
    image?: string
    actions: { action: 'ack' | 'see'; title: string }[]
    data: Pushed
  }
}

export type Taken = { state: 'sending' | 'taken' | 'lost' | 'forbidden' | 'signed-out' | 'gone' } | { state: 'first'; by: string | null }

const ALERTS = '/alerts'
/** Long, so that it is told from a chat message in a pocket. */
const URGENT = [400, 150, 400, 150, 800]
const WORDS = {
  sending: 'push.sending', taken: 'push.taken', lost: 'push.lost', forbidden: 'push.forbidden', 'signed-out': 'push.signedOut', gone: 'push.gone',
} as const

/** A push that cannot be read is one all the same: somebody is called. */
export function pushed(text: string | undefined, language: Language = 'vi'): Pushed {
  let said: Record<string, unknown> = {}
  try {
    const value: unknown = JSON.parse(text ?? '')
    if (typeof value === 'object' && value !== null) said = value as Record<string, unknown>
  } catch {
    // As below.
  }
  const spoken: Language = said.language === 'vi' || said.language === 'en' ? said.language : language
  const words = (value: unknown, otherwise: string) => (typeof value === 'string' && value !== '' ? value : otherwise)
  return {
    title: words(said.title, say(spoken, 'push.something')), body: words(said.body, ''), path: within(said.path), tag: words(said.tag, 'vms'),
    urgent: said.urgent === true, silent: said.silent === true, alert: words(said.alert, '') || null, picture: Boolean(said.picture), language: spoken,
  }
}

/** A message leads nowhere but into this dashboard. */
function within(path: unknown): string {
  if (typeof path !== 'string') return ALERTS
  const base = 'https://here.invalid'
  try {
    const url = new URL(path, base)
    // A path that begins with two slashes would be another host once it is opened.
    return url.origin === base && !url.pathname.startsWith('//') ? url.pathname + url.search + url.hash : ALERTS
  } catch {
    return ALERTS
  }
}

export function shownOf(push: Pushed): Shown {
  const loud = push.urgent && !push.silent
  const { language } = push
  return {
    title: push.title,
    options: {
      body: push.body, tag: push.tag, renotify: !push.silent, silent: push.silent, requireInteraction: loud,
      icon: '/icon-192.png', badge: '/badge-96.png', lang: language, data: push,
      // With `silent` a browser refuses it.
      ...(loud ? { vibrate: URGENT } : {}),
      actions: push.alert === null ? [] : [{ action: 'ack', title: say(language, 'push.take') }, { action: 'see', title: say(language, 'push.see') }],
    },
  }
}

/** The same without a sound, now with its picture. */
export function withPicture(push: Pushed, image: string): Shown {
  const { title, options } = shownOf(push)
  const { vibrate: _, ...quiet } = options
  return { title, options: { ...quiet, image, renotify: false, silent: true } }
}

/** What has become of taking it on. What did not succeed stays until it was seen, and can be tried again. */
export function answered(push: Pushed, taken: Taken): Shown {
  const { language } = push
  const again = taken.state === 'lost'
  const title = taken.state !== 'first' ? say(language, WORDS[taken.state])
    : taken.by ? say(language, 'push.first', { by: taken.by }) : say(language, 'push.firstUnknown')
  return {
    title,
    options: {
      body: [push.title, push.body].filter(Boolean).join('\n'), tag: push.tag, renotify: false, silent: true,
      requireInteraction: again || taken.state === 'signed-out', icon: '/icon-192.png', badge: '/badge-96.png', lang: language, data: push,
      actions: [
        ...(again ? [{ action: 'ack' as const, title: say(language, 'push.again') }] : []),
        ...(taken.state === 'sending' ? [] : [{ action: 'see' as const, title: say(language, 'push.see') }]),
      ],
    },
  }
}

/** Of the windows that are open the one that is led to `path`; -1: a new one. A wall stays a wall. */
export function windowFor(paths: readonly string[], path: string): number {
  const there = paths.indexOf(path)
  if (there >= 0) return there
  return paths.findIndex((one) => one === ALERTS || one.startsWith(`${ALERTS}/`))
}

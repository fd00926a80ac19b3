// Whether this browser can be reached, and what it takes: permission, the worker, the address that its push service gives.
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Channel } from '../api/channels'
import { queryClient } from '../api/queries'
import { tagOf } from './device'

/** What the browser says of itself. */
export interface Browser {
  secure: boolean
  /** An iPhone or iPad, which can be reached only from its home screen. */
  apple: boolean
  installed: boolean
  capable: boolean
  permission: NotificationPermission
  /** Of the address that its push service gave; null: it has none. */
  device: string | null
}

/**
 * insecure: without HTTPS no browser can be reached · home-screen: an iPhone that has to be installed first · incapable ·
 * denied: only its owner can undo that, in its settings · off · elsewhere: it has an address that is not among one's
 * channels: another person's, or removed from them · paused: it is, switched off · on
 */
export type Standing = 'insecure' | 'home-screen' | 'incapable' | 'denied' | 'off' | 'elsewhere' | 'paused' | 'on'

export function standingOf(browser: Browser, channels: readonly Pick<Channel, 'device' | 'enabled'>[]): Standing {
  if (!browser.secure) return 'insecure'
  if (browser.apple && !browser.installed) return 'home-screen'
  if (!browser.capable) return 'incapable'
  if (browser.permission === 'denied') return 'denied'
  if (browser.permission !== 'granted' || browser.device === null) return 'off'
  const own = channels.find((channel) => channel.device === browser.device)
  return own ? (own.enabled ? 'on' : 'paused') : 'elsewhere'
}

/** The person said no, or the browser did in their stead. */
export class Denied extends Error {}
/** The browser's own push service, out on the internet, gave no address. */
export class NoAddress extends Error {}

const KEY = ['this-browser'] as const
const WORKER = '/sw.js'

export async function readBrowser(): Promise<Browser> {
  const capable = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
  const registration = capable ? await navigator.serviceWorker.getRegistration() : undefined
  const subscription = await registration?.pushManager.getSubscription()
  return {
    secure: window.isSecureContext, capable, apple: isApple(navigator), installed: isInstalled(),
    permission: capable ? Notification.permission : 'default',
    device: subscription ? await tagOf(subscription.endpoint) : null,
  }
}

/** An iPad says that it is a Macintosh, but is touched. */
export const isApple = ({ userAgent, maxTouchPoints }: Pick<Navigator, 'userAgent' | 'maxTouchPoints'>) =>
  /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)

const isInstalled = () => window.matchMedia('(display-mode: standalone)').matches

export function useBrowser() {
  useEffect(() => {
    // What is allowed or forbidden in the browser's settings is seen here at once.
    let status: PermissionStatus | undefined
    let gone = false
    void navigator.permissions?.query({ name: 'notifications' }).then((one) => {
      if (gone) return
      status = one
      status.onchange = browserChanged
    }, () => undefined)
    return () => {
      gone = true
      if (status) status.onchange = null
    }
  }, [])
  return useQuery({ queryKey: KEY, queryFn: readBrowser, staleTime: 0, refetchOnWindowFocus: true })
}

export const browserChanged = () => void queryClient.invalidateQueries({ queryKey: KEY })

/** Asks for permission, so only upon a click; `Denied`, `NoAddress`. */
export async function subscribe(publicKey: string): Promise<PushSubscription> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Denied()
  await navigator.serviceWorker.register(WORKER)
  const { pushManager } = await navigator.serviceWorker.ready
  const key = bytesOf(publicKey)
  const held = await pushManager.getSubscription()
  // Made for another key it is of no use: the service has been set up anew.
  if (held && !sameBytes(held.options.applicationServerKey, key)) await held.unsubscribe()
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  } catch (cause) {
    throw cause instanceof DOMException && cause.name === 'NotAllowedError' ? new Denied() : new NoAddress('', { cause })
  } finally {
    browserChanged()
  }
}

export async function unsubscribe(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
  browserChanged()
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
}

function sameBytes(one: ArrayBuffer | null, other: Uint8Array): boolean {
  const bytes = one && new Uint8Array(one)
  return bytes?.length === other.length && bytes.every((byte, index) => byte === other[index])
}

/** At the start of the page: keeps the worker of a browser that is reached in repair, and goes where a notification leads. */
export function listenToWorker(go: (path: string) => void): void {
  if (!('serviceWorker' in navigator)) return
  if ('Notification' in window && Notification.permission === 'granted') void navigator.serviceWorker.register(WORKER).catch(() => undefined)
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<{ go?: unknown } | null>) => {
    if (typeof data?.go === 'string') go(data.go)
  })
  navigator.serviceWorker.startMessages()
}

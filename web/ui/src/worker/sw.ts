// The dashboard's service worker: shows what is pushed to this browser, and takes an alert on from there.
//
// It answers no requests and keeps nothing: pages come from the server, and footage must not lie in a phone's storage.
import { answered, pushed, shownOf, windowFor, withPicture, type Pushed, type Shown } from './push'
import { renew } from './renewing'
import { pictureOf, take } from './taking'

declare const self: ServiceWorkerGlobalScope

const show = ({ title, options }: Shown) => self.registration.showNotification(title, options as NotificationOptions)

self.addEventListener('install', () => void self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('push', (event) => event.waitUntil(told(pushed(event.data?.text()))))

/** The words at once; the picture when it is there, if the message still stands. */
async function told(push: Pushed): Promise<void> {
  await show(shownOf(push))
  if (!push.picture || push.silent || push.alert === null) return
  const image = await pictureOf(push.alert)
  if (image === null) return
  const [now] = await self.registration.getNotifications({ tag: push.tag })
  if (now && same(now.data as Pushed, push) && now.title === push.title) await show(withPicture(push, image))
}

const same = (one: Pushed, other: Pushed) => JSON.stringify(one) === JSON.stringify(other)

self.addEventListener('notificationclick', (event) => {
  const push = event.notification.data as Pushed
  event.notification.close()
  event.waitUntil(event.action === 'ack' && push.alert !== null ? takeOn({ ...push, alert: push.alert }) : open(push.path))
})

async function takeOn(push: Pushed & { alert: string }): Promise<void> {
  await show(answered(push, { state: 'sending' }))
  const taken = await take(push)
  await show(answered(push, taken))
  if (taken.state === 'signed-out') await open(push.path)
}

async function open(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const one = windows[windowFor(windows.map(({ url }) => new URL(url).pathname), path.split(/[?#]/)[0] ?? path)]
  try {
    if (!one) await self.clients.openWindow(path)
    else {
      one.postMessage({ go: path })
      await one.focus()
    }
  } catch {
    // A browser that lets no window be opened so long after the tap: the notification says what is to do.
  }
}

self.addEventListener('pushsubscriptionchange', (event) => {
  const { oldSubscription, newSubscription } = event as PushSubscriptionChangeEvent
  const subscribe = (applicationServerKey: BufferSource | string) => self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  event.waitUntil(renew(oldSubscription, newSubscription, subscribe, self.navigator.language))
})

interface PushSubscriptionChangeEvent extends ExtendableEvent {
  readonly oldSubscription: PushSubscription | null
  readonly newSubscription: PushSubscription | null
}

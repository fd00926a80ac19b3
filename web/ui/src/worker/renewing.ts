// A browser may exchange its own address: the service is told the new one, by the name that the old one had.
import { tagOf } from '../push/device'
import { say } from './words'

interface Channels {
  items: { device: string | null; label: string; enabled: boolean }[]
  webpush: { public_key: string }
}

type Subscription = Pick<PushSubscription, 'endpoint' | 'options'>

/** Only where the old address was somebody's channel: a browser that was removed stays so. */
export async function renew(
  old: Subscription | null, made: Subscription | null, subscribe: (key: BufferSource | string) => Promise<Subscription>, spoken: string,
): Promise<void> {
  const { items, webpush } = await asked<Channels>('GET')
  const device = old && (await tagOf(old.endpoint))
  const held = items.find((one) => one.device !== null && one.device === device)
  if (old && !held) return
  const subscription = made ?? (await subscribe(old?.options.applicationServerKey ?? webpush.public_key))
  const language = spoken.startsWith('en') ? 'en' : 'vi'
  await asked('POST', { gateway: 'webpush', subscription, label: held?.label ?? say(language, 'push.device'), language })
}

async function asked<T>(method: string, body?: unknown): Promise<T> {
  const answer = await fetch('/api/channels', {
    method, credentials: 'same-origin', ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`/api/channels: ${answer.status}`)
  return (await answer.json()) as T
}

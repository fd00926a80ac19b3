// One's own channels as the service tells of them: by what one is called, in which order, and what came of it.
import { useQuery } from '@tanstack/react-query'
import { get, Problem, request } from './client'
import { queryClient } from './queries'

export const WEBPUSH = 'webpush'
/** What a gateway calls an address; `ASKS` of web/channels/gateways.py. */
export const ASKS = ['email', 'chat_id', 'topic', 'phone', 'text'] as const
export type Asks = (typeof ASKS)[number]

export interface Channel {
  id: string
  gateway: string
  /** Null of a browser. */
  address: string | null
  /** Of a browser: by what it knows itself (push/device.ts). */
  device: string | null
  label: string
  /** From 0: the first is tried first. */
  position: number
  enabled: boolean
  tested_at: string | null
  tested_ok: boolean | null
  last_ok_at: string | null
  last_error: string | null
}

export interface Channels {
  items: Channel[]
  gateways: { name: string; asks: Asks }[]
  webpush: { public_key: string }
}

export interface Tested {
  state: 'sent' | 'failed'
  answer: string
  took_ms: number
}

export type NewChannel = { label: string; language: string } & ({ gateway: string; address: string } | { gateway: typeof WEBPUSH; subscription: unknown })

const channels = ['channels'] as const
const path = (id: string) => `/api/channels/${encodeURIComponent(id)}`
const again = () => queryClient.invalidateQueries({ queryKey: channels })

export async function readChannels(signal?: AbortSignal): Promise<Channels> {
  const all = await get<Channels>('/api/channels', signal)
  return { ...all, items: all.items.toSorted((a, b) => a.position - b.position) }
}

export const useChannels = () =>
  useQuery({
    queryKey: channels,
    queryFn: ({ signal }) => readChannels(signal),
    refetchInterval: 30_000,
  })

export async function addChannel(channel: NewChannel): Promise<Channel> {
  const made = await request<Channel>('POST', '/api/channels', channel)
  await again()
  return made
}

export async function changeChannel(id: string, change: Partial<Pick<Channel, 'label' | 'enabled' | 'position'>>): Promise<void> {
  try {
    await request('PATCH', path(id), change)
  } finally {
    await again()
  }
}

/** What is gone already, is gone. */
export async function removeChannel(id: string): Promise<void> {
  try {
    await request('DELETE', path(id))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
  } finally {
    await again()
  }
}

/** Puts back what was just removed, where it stood; its tests are forgotten. */
export async function restoreChannel(channel: Channel & { address: string }, language: string): Promise<void> {
  const { gateway, address, label, position, enabled } = channel
  const made = await request<Channel>('POST', '/api/channels', { gateway, address, label, language })
  await changeChannel(made.id, { position, enabled })
}

export async function testChannel(id: string): Promise<Tested> {
  try {
    return await request<Tested>('POST', `${path(id)}/test`)
  } finally {
    void again()
  }
}

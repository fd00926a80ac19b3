// The question that any page may put: for which room, why and for how long. Asked here, answered in OpenDialog.
import { Store } from '../preferences/store'

export interface AskedRoom {
  camera: string
  /** What brought somebody here, where it says something of the reason. */
  from: 'room' | 'alert' | 'footage' | 'zones'
}

export const askedRoom = new Store<AskedRoom | null>(null)
export const askRoom = (camera: string, from: AskedRoom['from'] = 'room') => askedRoom.set({ camera, from })

const ALWAYS = ['call', 'fall', 'silent', 'doctor'] as const

/** What officers open a room for, the likeliest first. */
export const reasonsFor = (from: AskedRoom['from']) => ({
  room: [...ALWAYS, 'alert'] as const,
  alert: ['alert', ...ALWAYS] as const,
  footage: ['footage', 'alert', 'call', 'fall'] as const,
  zones: ['zones', 'blocked'] as const,
})[from]

export const MINUTES = [2, 5, 10, 15, 30] as const
export const USUAL_MINUTES = 5
export const MOST_REASON = 500

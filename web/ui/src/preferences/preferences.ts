// What this browser remembers for the person in front of it: language, theme, wall, overlays.
import { Store } from './store'

export interface Preferences {
  language: 'vi' | 'en'
  theme: 'dark' | 'light'
  density: string
  grouping: string
  alertColumn: boolean
  profile: 'main' | 'sub'
  showZones: boolean
  showPersons: boolean
}

const KEY = 'vms.preferences'
const initial: Preferences = {
  language: 'vi', theme: 'dark', density: 'fill', grouping: 'site', alertColumn: true,
  profile: 'main', showZones: true, showPersons: true,
}

export function readJson<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(key)
    return text === null ? fallback : (JSON.parse(text) as T)
  } catch {
    return fallback
  }
}

export function writeJson(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value))
  } catch {
    // A full or forbidden storage costs the memory of a choice, not the choice.
  }
}

export const preferences = new Store<Preferences>({ ...initial, ...readJson<Partial<Preferences>>(KEY, {}) })

export function prefer(change: Partial<Preferences>): void {
  const next = { ...preferences.get(), ...change }
  preferences.set(next)
  writeJson(KEY, next)
}

export function applyTheme(): void {
  const { theme, language } = preferences.get()
  document.documentElement.dataset.theme = theme
  document.documentElement.lang = language
  const meta = document.querySelector('meta[name=theme-color]')
  meta?.setAttribute('content', theme === 'dark' ? '#0d1014' : '#eef1f5')
}

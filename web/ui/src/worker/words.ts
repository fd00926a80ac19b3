// The few words the worker itself says; a page's catalogue is not at hand when no page is open.
import { push as en } from '../i18n/en.channels.json'
import { push as vi } from '../i18n/vi.channels.json'

export type Language = 'vi' | 'en'
export type Said = `push.${keyof typeof vi}`

const words = { vi, en }

export function say(language: Language, key: Said, values: Record<string, string> = {}): string {
  const text: string = words[language][key.slice('push.'.length) as keyof typeof vi]
  return text.replace(/{{(\w+)}}/g, (_, name: string) => values[name] ?? '')
}

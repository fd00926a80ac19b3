// The catalogue, Vietnamese first. Every visible string of the dashboard comes through here.
import i18n from 'i18next'
import { initReactI18next } from 'react-i18next'
import { preferences } from '../preferences/preferences'
import { en, vi } from './catalogue'

void i18n.use(initReactI18next).init({
  resources: { vi: { translation: vi }, en: { translation: en } },
  lng: preferences.get().language,
  fallbackLng: 'vi',
  interpolation: { escapeValue: false },
  initAsync: false,
  showSupportNotice: false,
} as Parameters<typeof i18n.init>[0])

/** Whether the catalogue says something of `value`. */
export const hasWord = (group: string, value: string): boolean => i18n.exists(`${group}.${value}`)

/** The catalogue's word for what the server calls `value`; what is unknown is shown as it came, never hidden. */
export function word(group: string, value: string | null | undefined): string {
  if (!value) return ''
  return hasWord(group, value) ? i18n.t(`${group}.${value}`) : value.replaceAll('_', ' ')
}

export default i18n

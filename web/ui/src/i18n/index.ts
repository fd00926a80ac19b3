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

/** The catalogue's word for what the server calls `value`; what is unknown is shown as it came, never hidden. */
export function word(group: string, value: string | null | undefined): string {
  if (!value) return ''
  const key = `${group}.${value}`
  return i18n.exists(key) ? i18n.t(key) : value.replaceAll('_', ' ')
}

export default i18n

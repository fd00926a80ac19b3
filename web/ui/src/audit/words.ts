// An entry of the log in words: who, what, where, and what else it says.
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import type { AuditEntry } from '../api/audit'
import { useCameras, useSites } from '../api/queries'
import i18n, { hasWord, word } from '../i18n'
import { moment } from '../time/format'

/** What the service writes in the place of an address, where there was none. */
const NOBODY: Record<string, string> = { service: 'audit.service', 'command line': 'audit.commandLine' }
/** Where it came from; nothing where it came from nowhere: who it was says that already. */
export const addressOf = ({ address }: AuditEntry) => (address in NOBODY ? '' : address)

export function useWho(): (entry: AuditEntry) => string {
  const { t } = useTranslation()
  return (entry) => entry.user ?? t(NOBODY[entry.address] ?? 'audit.stranger')
}

export function useWhere(): (entry: AuditEntry) => string {
  const sites = useSites()
  const cameras = useCameras()
  return useMemo(() => {
    const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
    const cameraNames = new Map(cameras.data?.map((camera) => [camera.id, camera.name]))
    return ({ site, camera }) => [site && (siteNames.get(site) ?? site), camera && (cameraNames.get(camera) ?? camera)].filter(Boolean).join(' · ')
  }, [sites.data, cameras.data])
}

/** A word of the service that is not known yet is shown as it came. */
export const actionWord = (action: string) => word('auditAction', action)

/** Numbers that the service gives to openings, holds, tokens and alerts: nobody knows a thing by them. */
const NUMBERED = /^([0-9a-f]{32}|[0-9A-HJKMNP-TV-Z]{26})$/
const REVISION = /^revision (\d+)$/
/** Whose objects are words of the service; those of others are names. */
const WORDED = ['camera.view', 'room.view', 'audit.export']

/** What was looked at, changed or asked for. */
export function objectWord({ action, object }: AuditEntry): string {
  if (object === null) return ''
  if (WORDED.includes(action)) return word('auditObject', object)
  const revision = REVISION.exec(object)?.[1]
  return revision ? i18n.t('audit.revision', { number: revision }) : object
}

/** The same for the list: in the place of a number the reason or the name that goes with it. */
export function objectShort(entry: AuditEntry): string {
  if (!NUMBERED.test(entry.object ?? '')) return objectWord(entry)
  const said = entry.detail.reason ?? entry.detail.name
  return typeof said === 'string' ? said : ''
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/

/** What else an entry says, a name and a value each. */
export function detailsOf(detail: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(detail).filter(([, value]) => value !== null && value !== '').map(([name, value]) => [hasWord('auditDetail', name) ? word('auditDetail', name) : name, said(name, value)])
}

/** What the service says by words of its own, by the name under which it does. */
const WORDS: Record<string, (value: string) => string> = {
  kind: (value) => word('kind', value), role: (value) => word('role', value), what: (value) => word('auditWhat', value),
  outcome: (value) => word('auditOutcome', value), permissions: (value) => word('permission', value), action: actionWord,
}

function said(name: string, value: unknown): string {
  if (typeof value === 'string') return TIME.test(value) && !Number.isNaN(Date.parse(value)) ? moment(value) : (WORDS[name]?.(value) ?? value)
  if (typeof value === 'boolean') return i18n.t(value ? 'audit.yes' : 'audit.no')
  if (Array.isArray(value)) return value.map((one) => said(name, one)).join(', ')
  if (typeof value === 'object' && value !== null) return detailsOf(value as Record<string, unknown>).map(([inner, one]) => `${inner}: ${one}`).join('; ')
  return String(value)
}

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

// What there is to permit, and which roles have it: `ROLES` of web/accounts/roles.py, for words alone. The server decides.
import i18n, { word } from '../i18n'

export const ROLES = ['admin', 'supervisor', 'records', 'duty', 'site_lead', 'viewer'] as const

const ALL = ROLES
const ACT = ['admin', 'supervisor', 'duty', 'site_lead'] as const
const REPLAY = ['admin', 'supervisor', 'records', 'duty', 'site_lead'] as const
const KEEP = ['admin', 'supervisor', 'records', 'site_lead'] as const

/** Who has it; a role that the service has and this page does not know is not named. */
const HOLDERS = {
  'session.own': ALL,
  'system.view': ALL,
  'camera.view': ALL,
  'alert.view': ALL,
  'alert.ack': ACT,
  'alert.resolve': ACT,
  'alert.quiet': ACT,
  'duty.view': ACT,
  'duty.manage': ['admin', 'site_lead'],
  'recording.view': REPLAY,
  'recording.hold': KEEP,
  'room.open': REPLAY,
  'room.oversee': ['admin', 'site_lead'],
  'mask.lift': ['admin', 'records', 'site_lead'],
  'camera.configure': ['admin', 'site_lead'],
  'audit.view': ['admin', 'site_lead'],
  'index.audit': ['admin'],
  'user.manage': ['admin'],
} as const satisfies Record<string, readonly (typeof ROLES)[number][]>

export type Permission = keyof typeof HOLDERS
export const PERMISSIONS = Object.keys(HOLDERS) as Permission[]

/** In the order of the list above; what is not in it comes last. */
export function inOrder(permissions: readonly string[]): string[] {
  const place = (name: string) => (PERMISSIONS as string[]).indexOf(name) >>> 0
  return [...permissions].sort((a, b) => place(a) - place(b))
}

/** "administrators and site leads" */
export function holdersOf(permission: Permission): string {
  const names = HOLDERS[permission].map((role) => word('rolePlural', role))
  return new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(names)
}

/** What it permits, as one says it, beginning with a capital. */
export function permissionWord(permission: string): string {
  const said = word('permission', permission)
  return said.charAt(0).toLocaleUpperCase(i18n.language) + said.slice(1)
}

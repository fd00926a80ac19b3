// What an alert is about: persons, or the system itself. As `web/duty/policy.py` has it.

const PERSONS = ['zone_breach', 'line_crossing', 'occupancy', 'absence', 'loitering', 'tamper'] as const
const TECHNICAL = [
  'camera_offline', 'site_unreachable', 'analysis_failed', 'storage', 'index', 'clock', 'analysis', 'model', 'canary',
] as const

/** What can be raised today. */
export const KINDS = [...PERSONS, ...TECHNICAL] as const
export const ABOUT = { persons: PERSONS.join(','), technical: TECHNICAL.join(',') } as const

export const isTechnical = (kind: string) => (TECHNICAL as readonly string[]).includes(kind)

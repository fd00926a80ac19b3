// Shifts, people and steps as a service would tell of them. For tests; no part of the page.
import type { Duty, Person, Policy, PolicyInForce, Shift, SiteNow } from '../duty/types'

export const shift = (id: string, user: string, start: string, end: string, more: Partial<Shift> = {}): Shift => ({
  id, site: 'vt1', duty: 'officer', user, start, end, note: null, created_by: 'admin', able: true, ...more,
})

export const person = (user: string, role: string, more: Partial<Person> = {}): Person => ({ user, role, sites: null, channels: 1, tested: '2026-11-20T02:00:00Z', ...more })

export const PEOPLE = [person('an', 'admin', { channels: 0, tested: null }), person('lan', 'duty'), person('minh', 'duty', { sites: ['nb'] }), person('tuan', 'site_lead', { sites: ['vt1'] })]

export const nowAt = (site: string, duties: Partial<Record<Duty, SiteNow['duties'][number]['people']>>): SiteNow => ({
  site, duties: Object.entries(duties).map(([duty, people]) => ({ duty: duty as Duty, people })),
})

export const POLICY: Policy = {
  security: {
    critical: { rungs: [{ duty: 'officer', after_s: 0 }, { duty: 'site_lead', after_s: 90 }, { duty: 'province', after_s: 180 }], repeat_s: 300, cooldown_s: 60, until_over: false },
    warning: { rungs: [{ duty: 'officer', after_s: 0 }], repeat_s: null, cooldown_s: 0, until_over: false },
    info: null,
  },
  technical: {
    critical: { rungs: [{ duty: 'technician', after_s: 0 }, { duty: 'province', after_s: 300 }], repeat_s: 900, cooldown_s: 300, until_over: true },
    warning: { rungs: [{ duty: 'technician', after_s: 30 }], repeat_s: null, cooldown_s: 900, until_over: true },
    info: null,
  },
}

export const inForce = (revision: number, policy: Policy = POLICY): PolicyInForce => ({ revision, policy, default: POLICY })

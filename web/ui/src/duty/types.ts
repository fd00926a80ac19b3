// The bodies of docs/alerts.md that tell of duty, as types.
import type { Severity } from '../api/types'

export const DUTIES = ['officer', 'site_lead', 'province', 'technician'] as const
export type Duty = (typeof DUTIES)[number]
/** Duties that may be had for all sites at once. */
export const OF_ALL_SITES: readonly Duty[] = ['province', 'technician']

/** `site` null: of all sites. Times are RFC 3339. */
export interface Shift {
  id: string
  site: string | null
  duty: Duty
  user: string
  start: string
  end: string
  note: string | null
  created_by: string
  /** False: whoever it names is not called (disabled, or without the right any more). */
  able?: boolean
}

/** What is said of a shift that is to be. */
export type ShiftAsked = Omit<Shift, 'id' | 'created_by' | 'able'>

export interface Gap {
  site: string | null
  duty: Duty
  start: string
  end: string
  /** Who is called instead; empty: nobody, the next step is called at once. */
  stand_ins: string[]
}

/** `channels`: how many of the person's ways to be reached work; `tested`: the last good test. */
export interface Reach {
  user: string
  channels: number
  tested: string | null
}

export interface DutyPerson extends Reach {
  /** By a shift, not as a stand-in. */
  rostered: boolean
  until: string | null
}

export interface DutyNow {
  duty: Duty
  people: DutyPerson[]
}

export interface SiteNow {
  site: string | null
  duties: DutyNow[]
}

export interface Person extends Reach {
  role: string
  /** Null: all, also those to come. */
  sites: string[] | null
}

export interface TestAnswer {
  channel: string
  state: 'sent' | 'failed' | 'skipped'
  answer: string | null
  took_ms: number | null
}

export interface Rung {
  duty: Duty
  /** Seconds after the rung before; of the first: after the alert was opened. */
  after_s: number
}

export interface Ladder {
  rungs: Rung[]
  repeat_s: number | null
  cooldown_s: number
  until_over: boolean
}

export const GROUPS = ['security', 'technical'] as const
export type Group = (typeof GROUPS)[number]
/** The gravest first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']
/** Null: nobody is called. */
export type Policy = Record<Group, Record<Severity, Ladder | null>>

export interface PolicyInForce {
  revision: number
  policy: Policy
  default: Policy
  /** Who put it there, and when; missing of the default. */
  by?: string | null
  at?: string | null
}

export interface ImportProblem {
  row: number | null
  column: string | null
  /** A word of the service's; words for it are in the catalogue. */
  code?: string
  message: string
}

export interface Imported {
  added: number
  unchanged: number
  rows: number
  problems: ImportProblem[]
  /** That are not listed. */
  more_problems?: number
  /** Headings that are none of a roster's. */
  ignored_columns?: string[]
}

// Figures of a report in words. Pure but for language.
import i18n from '../i18n'
import { duration } from '../time/format'
import type { Tally } from '../api/reports'

/** "42 giây"; a dash where nothing was taken on. */
export const took = (seconds: number | null | undefined): string => (typeof seconds === 'number' ? duration(seconds * 1000) : '–')

/** How soon alerts were taken on, as one says it; empty where none was. */
export function soonness({ ack_p50_s: half, ack_p95_s: most, ack_max_s: all }: Pick<Tally, 'ack_p50_s' | 'ack_p95_s' | 'ack_max_s'>): string[] {
  return [
    half === null ? '' : i18n.t('report.half', { span: took(half) }),
    most === null ? '' : i18n.t('report.most', { span: took(most) }),
    all === null ? '' : i18n.t('report.slowest', { span: took(all) }),
  ].filter(Boolean)
}

export type Count = 'opened' | 'acknowledged' | 'missed' | 'open' | 'quiet'
export const sum = (rows: readonly Pick<Tally, Count>[], name: Count): number => rows.reduce((all, one) => all + one[name], 0)

/** Kinds of all rows by how many there were, the most first. */
export function kindsOf(rows: readonly Pick<Tally, 'by_kind'>[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const row of rows) for (const [kind, count] of Object.entries(row.by_kind)) counts.set(kind, (counts.get(kind) ?? 0) + count)
  return [...counts].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
}

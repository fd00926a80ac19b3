// Files of shifts: which kinds there are, and one made here of shifts that are to be added at once, all or none. Pure.
import { iso } from './times'
import type { ShiftAsked } from './types'

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
/** What the service reads of one file. */
export const MOST_BYTES = 1024 * 1024

/** The media type by the name: what a browser says of CSV differs from one to the next; null: it is neither. */
export function kindOf(name: string): string | null {
  return /\.(csv|tsv|txt)$/i.test(name) ? 'text/csv' : /\.xlsx$/i.test(name) ? XLSX : null
}

/** What a spreadsheet would take for a formula is led by an apostrophe, which the service takes away again. */
const inert = (text: string) => (/^'*[=+\-@\t\r\n]/.test(text) ? `'${text}` : text)
const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The times with their offset from UTC: a time of day that comes twice is no matter. */
export function csvOf(shifts: readonly ShiftAsked[]): Blob {
  const lines = shifts.map(({ site, duty, user, start, end, note }) => [site ?? '*', duty, user, iso(Date.parse(start)), iso(Date.parse(end)), inert(note ?? '')])
  const text = [['site', 'duty', 'user', 'start', 'end', 'note'], ...lines].map((line) => line.map(cell).join(',')).join('\r\n')
  return new Blob([text], { type: 'text/csv' })
}

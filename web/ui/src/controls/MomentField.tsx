// A day and a time of day, the latter always of 24 hours: what a browser offers for both goes by its own language.
import { momentAt, written } from '../duty/times'

/** "2026-11-23T14:30" of the facility's zone, as an address has it, too. */
export function toField(at: number): string {
  const { date, time } = written(at)
  return `${date}T${time}`
}

/** Milliseconds UTC; null for what is no moment. */
export function fromField(text: string): number | null {
  const [date = '', time = ''] = text.split('T')
  return momentAt(date, time)
}

export function MomentField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [date = '', time = ''] = value.split('T')
  return (
    <fieldset className="field moment-field">
      <legend>{label}</legend>
      <input className="input" type="date" aria-label={label} value={date} onChange={(event) => onChange(`${event.target.value}T${time}`)} />
      <input className="input" inputMode="numeric" maxLength={5} aria-label={label} aria-invalid={fromField(value) === null} placeholder="14:30" value={time}
        onChange={(event) => onChange(`${date}T${event.target.value}`)} />
    </fieldset>
  )
}

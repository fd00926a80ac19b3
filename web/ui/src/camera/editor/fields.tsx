// Fields of the editor: each with its name, what is wrong with it, and what is typed kept until it makes sense.
import { CircleAlert } from 'lucide-react'
import { useEffect, useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import i18n from '../../i18n'
import { hoursOf, numberOf, timeOfDay, type RuleFault } from './validation'

interface FieldProps {
  label: string
  hint?: string
  fault?: RuleFault | undefined
  children: (described: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }) => ReactNode
}

export function Field({ label, hint, fault, children }: FieldProps) {
  const { t } = useTranslation()
  const id = useId()
  return (
    <div className="field" data-wrong={fault !== undefined}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-invalid': fault !== undefined, 'aria-describedby': fault || hint ? `${id}-note` : undefined })}
      {fault ? <p id={`${id}-note`} className="field-wrong"><CircleAlert size={14} /> {t(`wrong.${fault}`)}</p>
        : hint && <p id={`${id}-note`} className="field-hint">{hint}</p>}
    </div>
  )
}

interface NumberProps {
  label: string
  hint?: string
  unit: string
  value: number | undefined
  placeholder?: string
  fault?: RuleFault | undefined
  onChange: (value: number | undefined) => void
}

export function NumberField({ label, hint, unit, value, placeholder, fault, onChange }: NumberProps) {
  const [text, setText] = useState(value === undefined || Number.isNaN(value) ? '' : write(value))
  // Undone, or of another rule: what is typed gives way to what is.
  useEffect(() => {
    if (!Object.is(numberOf(text), value)) setText(value === undefined || Number.isNaN(value) ? '' : write(value))
  }, [value])
  return (
    <Field label={label} {...(hint ? { hint } : {})} fault={fault}>
      {(described) => (
        <span className="with-unit">
          <input {...described} className="input" inputMode="decimal" autoComplete="off" maxLength={8} value={text} placeholder={placeholder}
            onChange={(event) => {
              setText(event.target.value)
              onChange(numberOf(event.target.value))
            }} />
          <span aria-hidden="true">{unit}</span>
        </span>
      )}
    </Field>
  )
}

const write = (value: number) => (i18n.language === 'en' ? String(value) : String(value).replace('.', ','))

/** Always, or from one time of day to another; the text is `HH:MM-HH:MM`, or what was typed in its place. */
export function HoursField({ value, fault, onChange }: { value: string | undefined; fault?: RuleFault | undefined; onChange: (value: string | undefined) => void }) {
  const { t } = useTranslation()
  const [from = '', to = ''] = value?.split('-') ?? []
  const hours = value === undefined ? null : hoursOf(value)
  const put = (first: string, second: string) => onChange(`${first.replaceAll('-', '')}-${second.replaceAll('-', '')}`)
  return (
    <fieldset className="field" data-wrong={fault !== undefined}>
      <legend>{t('editor.schedule')}</legend>
      <span className="segmented" role="group">
        <button type="button" aria-pressed={value === undefined} onClick={() => onChange(undefined)}>{t('editor.always')}</button>
        <button type="button" aria-pressed={value !== undefined} onClick={() => value === undefined && onChange('22:00-05:00')}>{t('editor.hours')}</button>
      </span>
      {value !== undefined && (
        <span className="hours">
          <TimeField label={t('editor.from')} value={from} onChange={(next) => put(next, to)} />
          <span aria-hidden="true">–</span>
          <TimeField label={t('editor.to')} value={to} onChange={(next) => put(from, next)} />
        </span>
      )}
      {fault ? <p className="field-wrong"><CircleAlert size={14} /> {t(`wrong.${fault}`)}</p>
        : hours && hours[0] > hours[1] && <p className="field-hint">{t('editor.overnight', { time: hours[1] })}</p>}
    </fieldset>
  )
}

/** Not the browser's own: that one asks for AM and PM where the browser, not the page, is English. */
function TimeField({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return (
    <input className="input" inputMode="numeric" autoComplete="off" aria-label={label} placeholder="22:00" maxLength={8} value={value}
      onChange={(event) => onChange(event.target.value)}
      onBlur={(event) => {
        const time = timeOfDay(event.target.value)
        if (time && time !== event.target.value) onChange(time)
      }} />
  )
}

// A length of time as a number and its unit: seconds or minutes, whichever it was written in.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  label: string
  value: number
  limits: readonly [number, number]
  onChange: (seconds: number) => void
}

export function Seconds({ label, value, limits: [least, most], onChange }: Props) {
  const { t } = useTranslation()
  const [minutes, setMinutes] = useState(value >= 120 && value % 60 === 0)
  const [text, setText] = useState<string | null>(null)
  const size = minutes ? 60 : 1
  // What came from elsewhere (undone, taken over) in seconds is not shown as a broken minute.
  const inSeconds = minutes && Number.isFinite(value) && value % 60 !== 0 && text === null
  const unit = inSeconds ? 1 : size
  const put = (written: string, by: number) => {
    setText(written)
    onChange(/^\d{1,5}$/.test(written.trim()) ? Number(written) * by : NaN)
  }
  return (
    <span className="seconds" role="group" aria-label={label}>
      <input className="input" inputMode="numeric" aria-label={label} aria-invalid={!(value >= least && value <= most)} value={text ?? String(value / unit)}
        onChange={(event) => put(event.target.value, unit)} onBlur={() => Number.isFinite(value) && setText(null)} />
      <select className="select" aria-label={t('steps.unit')} value={unit} onChange={(event) => {
        const by = Number(event.target.value)
        setMinutes(by === 60)
        put(text ?? String(value / unit), by)
      }}>
        <option value={1}>{t('steps.seconds')}</option>
        <option value={60}>{t('steps.minutes')}</option>
      </select>
    </span>
  )
}

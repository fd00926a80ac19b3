// Keeping a stretch from deletion: which cameras, why, until when.
import { CircleAlert, TriangleAlert } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/client'
import { Dialog } from '../controls/Dialog'
import { explain } from '../controls/states'
import { tell } from '../controls/toasts'
import { date, day, dayStart, datedStretch, duration } from '../time/format'
import { serverClock } from '../time/serverClock'
import { createHold, holdsOf, releaseHold, useCoverages, useHolds } from './queries'
import type { TimelineCamera } from './timeline/camera'
import { DAY, MAX_SPAN } from './timeline/scale'

const TERMS = ['d30', 'd90', 'date', 'open'] as const
type Term = (typeof TERMS)[number]

interface Props {
  span: { from: number; to: number } | null
  cameras: readonly TimelineCamera[]
  onClose: () => void
  onMade: () => void
}

export function HoldDialog({ span, cameras, onClose, onMade }: Props) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<string[]>([])
  const [reason, setReason] = useState('')
  const [term, setTerm] = useState<Term>('d30')
  const [until, setUntil] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  /** Put, and the recorders have not been told of it. */
  const [untold, setUntold] = useState<string | null>(null)
  const open = span !== null
  useEffect(() => {
    if (!open) return
    setChosen(cameras.map((camera) => camera.id))
    setReason('')
    setError('')
    setTerm('d30')
    setUntil(day(serverClock.now() + 60 * DAY))
  }, [open])
  const rows = useCoverages(chosen, span && span.to - span.from <= MAX_SPAN ? { start: span.from, end: span.to } : null)
  if (!span) return null
  const empty = chosen.filter((_, index) => !rows[index]?.loading && rows[index]?.coverage?.recorded.length === 0)
  const ends = term === 'open' ? null : term === 'date' ? (until ? dayStart(until, 1) : null)
    : new Date(Date.parse(dayStart(day(serverClock.now()), term === 'd30' ? 31 : 91))).toISOString()
  const wanting = chosen.length === 0 ? t('hold.noCamera') : reason.trim() === '' ? t('hold.noReason')
    : term === 'date' && (!ends || Date.parse(ends) <= serverClock.now()) ? t('hold.noDate') : ''

  const undo = (id: string) => void releaseHold(id).then(() => tell(t('hold.undone')), (cause: unknown) => tell(explain(cause, t), 'breach'))
  const finish = () => {
    setUntold(null)
    onMade()
  }
  const done = (id: string) => {
    finish()
    tell(t('hold.made', { count: chosen.length, span: duration(span.to - span.from) }), 'done', { label: t('action.undo'), run: () => undo(id) })
  }
  if (untold !== null) {
    return (
      <Dialog open onClose={finish} title={t('hold.title')} description={t('hold.text')}>
        <Untold hold={untold} onTold={() => done(untold)} />
        <div className="dialog-foot">
          <button className="button" onClick={() => {
            finish()
            undo(untold)
          }}>{t('action.undo')}</button>
          <button className="button primary" onClick={finish}>{t('action.close')}</button>
        </div>
      </Dialog>
    )
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wanting) {
      setError(wanting)
      return
    }
    setBusy(true)
    setError('')
    try {
      const made = await createHold({
        cameras: chosen, start: new Date(span.from).toISOString(), end: new Date(span.to).toISOString(), reason: reason.trim(), until: ends,
      })
      if (made.pending) setUntold(made.id)
      else done(made.id)
    } catch (cause) {
      setError(cause instanceof Problem && cause.kind === 'holds-full' ? t('hold.full') : explain(cause, t))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t('hold.title')} description={t('hold.text')}>
      <form className="hold-form" onSubmit={(event) => void submit(event)}>
        <p className="hold-span"><b>{datedStretch(span.from, span.to)}</b> <span className="secondary">{duration(span.to - span.from)}</span></p>
        <fieldset className="field">
          <legend>{t('hold.cameras')}</legend>
          {cameras.map((camera) => (
            <label key={camera.id} className="check">
              <input type="checkbox" checked={chosen.includes(camera.id)}
                onChange={(event) => setChosen(event.target.checked ? [...chosen, camera.id] : chosen.filter((one) => one !== camera.id))} />
              <span className="cut">{camera.site} · {camera.name}</span>
            </label>
          ))}
        </fieldset>
        {empty.length > 0 && (
          <p className="hold-empty" role="status">
            <TriangleAlert size={15} />
            {empty.length === chosen.length ? t('hold.emptySpan') : t('hold.emptyOf', { names: cameras.filter((one) => empty.includes(one.id)).map((one) => one.label).join(', ') })}
          </p>
        )}
        <label className="field">
          <span>{t('hold.reason')}</span>
          <textarea className="input" rows={2} autoFocus maxLength={500} value={reason} placeholder={t('hold.reasonPlaceholder')} onChange={(event) => setReason(event.target.value)} />
        </label>
        <fieldset className="field">
          <legend>{t('hold.until')}</legend>
          <span className="segmented hold-terms" role="group">
            {TERMS.map((one) => <button key={one} type="button" aria-pressed={term === one} onClick={() => setTerm(one)}>{t(`holdTerm.${one}`)}</button>)}
          </span>
          {term === 'date' && <input className="input" type="date" aria-label={t('hold.until')} min={day(serverClock.now() + DAY)} value={until} onChange={(event) => setUntil(event.target.value)} />}
          <span className="secondary">{ends ? t('hold.keptUntil', { date: date(Date.parse(ends) - 1) }) : t('hold.keptOpen')}</span>
        </fieldset>
        {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t('hold.submit')}</button>
        </div>
      </form>
    </Dialog>
  )
}

/** Until the recorders have been told footage may still be deleted: it is said, and watched. */
function Untold({ hold, onTold }: { hold: string; onTold: () => void }) {
  const { t } = useTranslation()
  const found = holdsOf(useHolds(false).data).find((one) => one.id === hold)
  const told = found !== undefined && !found.pending
  useEffect(() => {
    if (told) onTold()
  }, [told])
  return <p className="hold-pending" role="alert"><TriangleAlert size={15} /> {t('hold.pendingText')}</p>
}

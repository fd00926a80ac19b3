// On the page of a camera: that it is worked on and alarms nobody, until when; the way to say so beforehand.
import { BellOff, CircleAlert } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useCameras } from '../../api/queries'
import type { Quiet } from '../../api/chains'
import { inForce, maintain, useQuiets } from '../../api/quiets'
import type { Camera } from '../../api/types'
import { Dialog } from '../../controls/Dialog'
import { fromField, MomentField, toField } from '../../controls/MomentField'
import { explain } from '../../controls/states'
import { tell } from '../../controls/toasts'
import { usePermission } from '../../shell/shellState'
import { useNow } from '../../shell/ticking'
import { moment, stretch } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import { EndQuiet } from './QuietNote'

const HOUR = 3_600_000
const SPANS = [1, 2, 4, 8] as const
const MOST_MS = 7 * 24 * HOUR
const REASONS = ['cleaning', 'repair', 'moving', 'building'] as const

export function Maintenance({ camera }: { camera: Pick<Camera, 'id' | 'site' | 'name'> }) {
  const { t } = useTranslation()
  const may = usePermission('alert.quiet')
  const [asking, setAsking] = useState(false)
  const now = useNow(5000)
  const here = (useQuiets(false, may).data ?? []).filter((one) => one.camera === camera.id && Date.parse(one.until) > now)
  const current = inForce(here, now)
  const coming = here.filter((one) => Date.parse(one.start) > now)
  if (!may && here.length === 0) return null
  return (
    <section className="panel maintenance" aria-label={t('quiet.maintenance')}>
      {current.map((one) => (
        <div key={one.id} className="quiet-note">
          <BellOff size={17} aria-hidden="true" />
          <p><strong>{t(`quietKind.${one.kind}`)}</strong> <q>{one.reason}</q><span className="secondary">{t('quiet.byUntil', { by: one.by, time: moment(one.until, false) })}</span></p>
          <EndQuiet id={one.id} />
        </div>
      ))}
      {coming.map((one) => <Coming key={one.id} quiet={one} />)}
      {may && <button className="button quiet" onClick={() => setAsking(true)}><BellOff size={15} /> {t('quiet.maintenance')}</button>}
      {asking && <MaintenanceDialog camera={camera} onClose={() => setAsking(false)} />}
    </section>
  )
}

function Coming({ quiet }: { quiet: Quiet }) {
  const { t } = useTranslation()
  return (
    <div className="quiet-note">
      <BellOff size={17} aria-hidden="true" />
      <p><strong>{t('quiet.coming')}</strong> <q>{quiet.reason}</q><span className="secondary">{stretch(quiet.start, quiet.until)} · {quiet.by}</span></p>
      <EndQuiet id={quiet.id} />
    </div>
  )
}

function MaintenanceDialog({ camera, onClose }: { camera: Pick<Camera, 'id' | 'site' | 'name'>; onClose: () => void }) {
  const { t } = useTranslation()
  const cameras = useCameras().data?.filter((one) => one.site === camera.site) ?? []
  const [from, setFrom] = useState(() => toField(serverClock.now()))
  const [until, setUntil] = useState(() => toField(serverClock.now() + 2 * HOUR))
  const [whole, setWhole] = useState(false)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const [start, end] = [fromField(from), fromField(until)]
  useEffect(() => setError(''), [from, until, reason])
  const wanting = start === null || end === null ? t('quiet.noSpan') : end <= start || end <= serverClock.now() ? t('quiet.noEnd')
    : end - start > MOST_MS ? t('quiet.tooLong') : reason.trim() === '' ? t('quiet.noReason') : ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wanting || start === null || end === null) return setError(wanting)
    setBusy(true)
    try {
      await maintain({ cameras: whole ? cameras.map((one) => one.id) : [camera.id], start: new Date(start).toISOString(), until: new Date(end).toISOString(), reason })
      tell(t('quiet.made', { time: moment(end, false) }))
      onClose()
    } catch (cause) {
      setError(explain(cause, t))
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t('quiet.maintenance')} description={t('quiet.maintenanceText')}>
      <form className="maintenance-form" onSubmit={(event) => void submit(event)}>
        <p><strong>{camera.name}</strong></p>
        {cameras.length > 1 && (
          <label className="check"><input type="checkbox" checked={whole} onChange={(event) => setWhole(event.target.checked)} /><span>{t('quiet.wholeSite', { count: cameras.length })}</span></label>
        )}
        <div className="maintenance-span">
          <MomentField label={t('quiet.from')} value={from} onChange={setFrom} />
          <MomentField label={t('quiet.until')} value={until} onChange={setUntil} />
        </div>
        <div className="choices" role="group" aria-label={t('quiet.until')}>
          {SPANS.map((hours) => (
            <button key={hours} type="button" className="button" disabled={start === null} aria-pressed={start !== null && end === start + hours * HOUR} onClick={() => start !== null && setUntil(toField(start + hours * HOUR))}>
              {t('time.hours', { count: hours })}
            </button>
          ))}
        </div>
        <label className="field">
          <span>{t('quiet.reason')}</span>
          <textarea className="input" rows={2} autoFocus maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        </label>
        <div className="choices">
          {REASONS.map((one) => <button key={one} type="button" className="button" onClick={() => setReason(t(`quietWork.${one}`))}>{t(`quietWork.${one}`)}</button>)}
        </div>
        {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t('quiet.plan')}</button>
        </div>
      </form>
    </Dialog>
  )
}

// A shift: entered, changed, removed; for who may not, what there is to know of it.
import { CircleAlert, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { word } from '../i18n'
import { add, change, Refused, remove } from './actions'
import { askedOf, draftOfShift, wrongOf, type Draft } from './draft'
import { refusal, turn } from './said'
import { ShiftFields } from './ShiftFields'
import { useSitesNamed } from '../rights/sites'
import type { Shift } from './types'

interface Props {
  /** Null: a new one, of `draft`. */
  shift: Shift | null
  draft: Draft | null
  may: boolean
  onClose: () => void
}

export function ShiftDialog({ shift, draft, may, onClose }: Props) {
  const { t } = useTranslation()
  const title = shift === null ? t('shift.add') : may ? t('shift.changeOf', { name: shift.user }) : t('shift.of', { name: shift.user })
  const start = draft ?? (shift && draftOfShift(shift))
  return (
    <Dialog open wide={may} onClose={onClose} title={title} {...(shift ? { description: `${word('duty', shift.duty)} · ${turn(Date.parse(shift.start), Date.parse(shift.end))}` } : {})}>
      {may && start ? <Form shift={shift} start={start} onClose={onClose} /> : shift && <Facts shift={shift} />}
    </Dialog>
  )
}

function Facts({ shift }: { shift: Shift }) {
  const { t } = useTranslation()
  const named = useSitesNamed()
  return (
    <dl className="figures shift-facts">
      <div><dt>{t('users.sites')}</dt><dd>{shift.site === null ? t('wall.allSites') : named([shift.site])}</dd></div>
      {shift.able === false && <div><dt>{t('shift.state')}</dt><dd>{t('shift.unable')}</dd></div>}
      {shift.note && <div><dt>{t('shift.note')}</dt><dd>{shift.note}</dd></div>}
      <div><dt>{t('shift.by')}</dt><dd>{shift.created_by}</dd></div>
    </dl>
  )
}

function Form({ shift, start, onClose }: { shift: Shift | null; start: Draft; onClose: () => void }) {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(start)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const wrong = wrongOf(draft)
    if (wrong) {
      setError(t(`shiftWrong.${wrong}`))
      return
    }
    setBusy(true)
    setError('')
    try {
      const asked = askedOf(draft)
      const [one] = asked
      if (shift && one) await change(shift, one, t)
      else await add(asked, t)
      onClose()
    } catch (cause) {
      setError(cause instanceof Refused ? cause.message : refusal(cause, t))
      setBusy(false)
    }
  }
  return (
    <form className="user-form shift-form" onSubmit={(event) => void submit(event)}>
      {shift?.able === false && <p className="form-error"><CircleAlert size={16} />{t('shift.unable')}</p>}
      <ShiftFields draft={draft} fresh={shift === null} onChange={(next) => {
        setDraft(next)
        setError('')
      }} />
      <div className="dialog-foot">
        {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
        {shift && (
          <button type="button" className="button shift-remove" onClick={() => {
            onClose()
            void remove(shift, t)
          }}>
            <Trash2 size={15} /> {t('shift.remove')}
          </button>
        )}
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button className="button primary" disabled={busy}>{t(shift ? 'action.save' : 'shift.add')}</button>
      </div>
    </form>
  )
}

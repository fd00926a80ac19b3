// Acknowledging or resolving what was selected: how far it is, what somebody else had done, what failed and may be tried again.
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { explain } from '../controls/states'
import { tell } from '../controls/toasts'
import { useStore } from '../preferences/store'
import { actOnAll, type Outcome } from './acting'
import { PHRASES } from './AlertActionDialog'
import { askedForAll } from './alertActions'
import { NoteForm } from './NoteForm'
import { usePlaces } from './places'
import { kindOf } from './said'

export function BatchDialog() {
  const { t } = useTranslation()
  const asked = useStore(askedForAll)
  const place = usePlaces()
  const [note, setNote] = useState('')
  const [tried, setTried] = useState<number | null>(null)
  const [failed, setFailed] = useState<Outcome['failed'] | null>(null)
  useEffect(() => {
    setNote('')
    setTried(null)
    setFailed(null)
  }, [asked])
  if (!asked) return null
  const { action } = asked
  const targets = failed ? failed.map(({ target }) => target) : asked.targets
  const close = () => {
    askedForAll.set(null)
    asked.onDone()
  }
  // Who thinks better of it keeps what was selected.
  const leave = () => (failed ? close() : askedForAll.set(null))
  const submit = async () => {
    setTried(0)
    const outcome = await actOnAll(targets, action, note, setTried)
    setTried(null)
    if (outcome.done > 0) tell(t(action === 'ack' ? 'act.ackedAll' : 'act.resolvedAll', { count: outcome.done }))
    if (outcome.before.length > 0) tell(t('act.firstAll', { count: outcome.before.length }), 'breach')
    if (outcome.failed.length === 0) close()
    else setFailed(outcome.failed)
  }
  return (
    <Dialog open onClose={leave} title={t(action === 'ack' ? 'act.ackAll' : 'act.resolveAll', { count: targets.reduce((sum, { count }) => sum + count, 0) })}>
      <ul className="batch-list scrolls">
        {targets.map(({ alert, count }) => <li key={alert.id} className="cut">{kindOf(alert)} · {place(alert)}{count > 1 && ` · ×${count}`}</li>)}
      </ul>
      {tried !== null && <progress className="batch-progress" value={tried} max={targets.length} aria-label={t('act.progress', { done: tried, count: targets.length })} />}
      <NoteForm label={t('act.note')} placeholder={t('act.notePlaceholder')} phrases={PHRASES[action].map((phrase) => t(`phrase.${phrase}`))} note={note} onNote={setNote} busy={tried !== null}
        error={failed?.[0] ? t('act.failedAll', { count: failed.length, why: explain(failed[0].error, t) }) : ''}
        submit={tried === null ? t(failed ? 'action.retry' : action === 'ack' ? 'act.ack' : 'act.resolve') : t('act.progress', { done: tried, count: targets.length })}
        onSubmit={() => void submit()} onCancel={leave} />
    </Dialog>
  )
}

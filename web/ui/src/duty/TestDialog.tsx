// A test over all channels of somebody: asked first, because it rings there; then what each channel answered.
import { CircleAlert, Send } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { explain } from '../controls/states'
import { number } from '../time/format'
import { testPerson } from './queries'
import type { TestAnswer } from './types'

export function TestDialog({ user, onClose }: { user: string; onClose: () => void }) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const [answers, setAnswers] = useState<TestAnswer[] | null>(null)
  const send = async () => {
    setBusy(true)
    setError('')
    try {
      setAnswers(await testPerson(user))
    } catch (cause) {
      setError(explain(cause, t))
    }
    setBusy(false)
  }
  const arrived = answers?.filter(({ state }) => state === 'sent').length ?? 0
  return (
    <Dialog open onClose={onClose} title={t('reach.testOf', { name: user })} description={t('reach.testText')}>
      {answers && (
        <div role="status" className="test-answers">
          <p className={arrived > 0 ? '' : 'form-error'}>{answers.length === 0 ? t('reach.noChannel') : t('reach.arrived', { count: arrived, all: answers.length })}</p>
          <ul>
            {answers.map((one, index) => (
              <li key={index}>
                <i className={`mark ${one.state === 'sent' ? 'running' : 'cross'}`} aria-hidden="true" />
                <b className="cut">{one.channel}</b>
                <span>{t(`attempt.${one.state}`)}</span>
                {one.took_ms !== null && <span className="secondary">{t('reach.took', { time: number(one.took_ms / 1000, 1) })}</span>}
                {one.answer && <small className="secondary">{one.answer}</small>}
              </li>
            ))}
          </ul>
        </div>
      )}
      {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
      <div className="dialog-foot">
        <button className="button" onClick={onClose}>{t(answers ? 'action.close' : 'action.cancel')}</button>
        <button className="button primary" autoFocus disabled={busy} onClick={() => void send()}><Send size={15} /> {t(busy ? 'reach.sending' : answers ? 'reach.again' : 'reach.send')}</button>
      </div>
    </Dialog>
  )
}

// What is selected in the list, and what may be done to all of it.
import { Check, CheckCheck, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useMayAct, type Act } from './alertActions'

export function PickedBar({ count, onAct, onClear }: { count: number; onAct: (action: Act) => void; onClear: () => void }) {
  const { t } = useTranslation()
  const may = useMayAct()
  return (
    <div className="picked-bar" role="toolbar" aria-label={t('alerts.picked', { count })}>
      <b>{t('alerts.picked', { count })}</b>
      {may.ack && <button className="button" onClick={() => onAct('ack')}><Check size={15} /> {t('act.ackShort')} <kbd>A</kbd></button>}
      {may.resolve && <button className="button" onClick={() => onAct('resolve')}><CheckCheck size={15} /> {t('act.resolveShort')} <kbd>R</kbd></button>}
      <button className="button quiet icon" aria-label={t('alerts.unpick')} onClick={onClear}><X size={16} /></button>
    </div>
  )
}

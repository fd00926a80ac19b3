// Before a page with something unsaved is left: stay, or leave it behind.
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { useStore } from '../preferences/store'
import { leaving } from './leaving'

export function LeaveDialog() {
  const { t } = useTranslation()
  const asked = useStore(leaving)
  if (!asked) return null
  return (
    <Dialog open onClose={asked.stay} title={t('leave.title')} description={t('leave.text')}>
      <div className="dialog-foot">
        <button className="button" onClick={asked.go}>{t('leave.go')}</button>
        <button className="button primary" autoFocus onClick={asked.stay}>{t('leave.stay')}</button>
      </div>
    </Dialog>
  )
}

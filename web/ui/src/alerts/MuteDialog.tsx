// Silence for a quarter of an hour, with the reason that is then shown in the header.
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { useStore } from '../preferences/store'
import { useShortcuts } from '../shell/shortcuts'
import { muteOpen } from './alertActions'
import { mute, muted, unmute } from './sound'

const REASONS = ['phone', 'handover', 'repeating', 'patrol'] as const

export function MuteDialog() {
  const { t } = useTranslation()
  useShortcuts({ m: () => (muted.get() ? unmute() : muteOpen.set(true)) })
  return (
    <Dialog open={useStore(muteOpen)} onClose={() => muteOpen.set(false)} title={t('mute.title')} description={t('mute.text')}>
      <div className="mute-reasons">
        {REASONS.map((reason) => (
          <button key={reason} className="button" onClick={() => {
            mute(t(`muteReason.${reason}`))
            muteOpen.set(false)
          }}>
            {t(`muteReason.${reason}`)}
          </button>
        ))}
      </div>
    </Dialog>
  )
}

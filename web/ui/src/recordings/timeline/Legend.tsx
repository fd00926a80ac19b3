// What the colours and shapes of the timeline mean, where there is room to say it.
import { Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'

export function Legend() {
  const { t } = useTranslation()
  return (
    <p className="tl-legend">
      <span><i className="tl-key recorded" /> {t('rec.legendRecorded')}</span>
      <span><i className="tl-key gap" /> {t('rec.legendGap')}</span>
      <span><i className="tl-key persons" /> {t('rec.legendPersons')}</span>
      <span><i className="mark diamond" /> {t('rec.legendAlert')}</span>
      <span><Lock size={11} /> {t('rec.legendHold')}</span>
    </p>
  )
}

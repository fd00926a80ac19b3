// In one badge of a list: who took it, who is being called, that nobody was reached, that it is quiet.
import { BellOff, Check, PhoneCall } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Alert } from '../api/types'
import { isCalling } from '../api/queries'
import { word } from '../i18n'
import { AlertBadge } from './AlertMark'
import { calledLast } from './chain/course'
import { isTaken, takenBy } from './standing'

export function StandingBadge({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const by = takenBy(alert)
  if (alert.state === 'acknowledged' && by) return <span className="badge acknowledged"><Check size={12} aria-hidden="true" /> <span className="cut">{by}</span></span>
  if (isTaken(alert)) return <AlertBadge state={alert.state} severity={alert.severity} />
  if (alert.quiet) return <span className="badge"><BellOff size={12} aria-hidden="true" /> {t('quiet.short')}</span>
  if (alert.chain?.state === 'exhausted') return <span className="badge exhausted">{t('called.exhausted')}</span>
  const duty = isCalling(alert) ? calledLast(alert) : null
  if (duty) return <span className="badge calling"><PhoneCall size={12} aria-hidden="true" /> <span className="cut">{word('calledAs', duty)}</span></span>
  return <AlertBadge state={alert.state} severity={alert.severity} />
}

// That an alert was told to nobody: why, by whom, until when, and the way to end that.
import { BellOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { endQuiet, useQuiets } from '../../api/quiets'
import type { Alert } from '../../api/types'
import { explain } from '../../controls/states'
import { tell } from '../../controls/toasts'
import { usePermission } from '../../shell/shellState'
import { useNow } from '../../shell/ticking'
import { moment } from '../../time/format'

export function QuietNote({ quiet }: { quiet: NonNullable<Alert['quiet']> }) {
  const { t } = useTranslation()
  const now = useNow()
  const may = usePermission('alert.quiet')
  const known = useQuiets(false, may).data?.find((one) => one.id === quiet.id)
  // What was ended before its time is not among those in force any more.
  const until = Date.parse(known?.until ?? quiet.until)
  const lasts = (known !== undefined || !may) && until > now
  return (
    <section className="quiet-note" aria-label={t('quiet.title')}>
      <BellOff size={17} aria-hidden="true" />
      <p>
        <strong>{t(`quietKind.${quiet.kind}`)}</strong> <q>{quiet.reason}</q>
        <span className="secondary">{t(lasts ? 'quiet.byUntil' : 'quiet.byWas', { by: quiet.by, time: moment(until, false) })}</span>
      </p>
      {lasts && may && <EndQuiet id={quiet.id} />}
    </section>
  )
}

export function EndQuiet({ id }: { id: string }) {
  const { t } = useTranslation()
  const may = usePermission('alert.quiet')
  const [busy, setBusy] = useState(false)
  if (!may) return null
  const end = async () => {
    setBusy(true)
    try {
      await endQuiet(id)
      tell(t('quiet.ended'))
    } catch (cause) {
      tell(explain(cause, t), 'breach')
    } finally {
      setBusy(false)
    }
  }
  return <button className="button" disabled={busy} onClick={() => void end()}>{t('quiet.end')}</button>
}

// Ends an opening, one's own or another's.
import { Lock } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { explain } from '../controls/states'
import { tell } from '../controls/toasts'
import type { Opening } from './openings'
import { closeOpening } from './queries'

export function CloseButton({ one }: { one: Opening }) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  const close = async () => {
    setBusy(true)
    try {
      await closeOpening(one)
      tell(t(one.mine ? 'rooms.closedYours' : 'rooms.closedTheirs', { user: one.user }))
    } catch (error) {
      tell(`${t('rooms.closeFailed')} ${explain(error, t)}`, 'breach')
    } finally {
      setBusy(false)
    }
  }
  return <button className="button" disabled={busy} onClick={() => void close()}><Lock size={14} /> {t(one.mine ? 'rooms.closeNow' : 'rooms.closeTheirs')}</button>
}

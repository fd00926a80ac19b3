// Who signs out on a browser that is called for alerts says whether it goes on being called.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { useStore } from '../preferences/store'
import { signingOut, useSignOut } from './signingOut'

export function SignOutDialog() {
  const { t } = useTranslation()
  const channel = useStore(signingOut)
  const { leave, silence } = useSignOut()
  const [busy, setBusy] = useState(false)
  if (!channel) return null
  const close = () => signingOut.set(null)
  const go = async (way: () => Promise<void>) => {
    setBusy(true)
    await way()
    setBusy(false)
    close()
  }
  return (
    <Dialog open onClose={close} title={t('signOut.title')} description={t('signOut.text', { name: channel.label })}>
      <div className="dialog-foot">
        <button className="button" disabled={busy} onClick={() => void go(() => silence(channel))}>{t('signOut.silence')}</button>
        <button className="button primary" autoFocus disabled={busy} onClick={() => void go(leave)}>{t('signOut.keep')}</button>
      </div>
    </Dialog>
  )
}

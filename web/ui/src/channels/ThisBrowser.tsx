// The browser that one sits before: whether it can be called, what keeps it from it, and the button that changes that.
import { BellRing, CircleAlert, MonitorSmartphone, Share, Smartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { addChannel, WEBPUSH, type Channel, type Channels } from '../api/channels'
import { Skeletons } from '../controls/states'
import { tell } from '../controls/toasts'
import { useStore } from '../preferences/store'
import { install, installOffer } from '../push/install'
import { standingOf, subscribe, unsubscribe, useBrowser, type Standing } from '../push/thisBrowser'
import { deviceOf } from '../users/said'
import { refusalOf } from './said'

export interface Enable {
  busy: boolean
  error: string
  run: () => void
  /** One that was switched off, perhaps because its address had ended: with a new one. */
  anew: (channel: Channel) => Promise<void>
}

/** Makes this browser one of one's channels; the permission is asked for by the click that leads here. */
export function useEnable({ items, webpush }: Channels): Enable {
  const { t, i18n } = useTranslation()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const enable = async (label: string) => {
    setBusy(true)
    setError('')
    try {
      const subscription = await subscribe(webpush.public_key)
      await addChannel({ gateway: WEBPUSH, subscription: subscription.toJSON(), label, language: i18n.language })
      tell(t('channels.on'))
    } catch (cause) {
      setError(refusalOf(cause, t))
    } finally {
      setBusy(false)
    }
  }
  const anew = async (channel: Channel) => {
    if (channel.last_error) await unsubscribe()
    await enable(channel.label)
  }
  const name = deviceOf(navigator.userAgent) || t('push.device')
  const again = items.filter((one) => one.label === name || one.label.startsWith(`${name} (`)).length
  return { busy, error, anew, run: () => void enable(again ? `${name} (${again + 1})` : name) }
}

const ICON = { on: BellRing, 'home-screen': Share } as Partial<Record<Standing, typeof BellRing>>
const MAY_ENABLE: readonly Standing[] = ['off', 'elsewhere', 'paused']

export function ThisBrowser({ channels, enable }: { channels: readonly Channel[]; enable: Enable }) {
  const { t } = useTranslation()
  const { data: browser, isError } = useBrowser()
  const offer = useStore(installOffer)
  if (!browser) return isError ? null : <Skeletons count={1} height={72} />
  const standing = standingOf(browser, channels)
  const Icon = ICON[standing] ?? Smartphone
  const others = channels.filter((one) => one.gateway === WEBPUSH && one.enabled && one.device !== browser.device)
  const held = channels.find((one) => one.device !== null && one.device === browser.device)
  return (
    <div className="this-browser" data-standing={standing}>
      <Icon size={22} strokeWidth={1.6} aria-hidden="true" />
      <div>
        <b>{t(`standing.${standing}`)}</b>
        <p className="secondary">{t(`standingText.${standing}`)}</p>
        {standing !== 'on' && others.length > 0 && (
          <p className="secondary others"><MonitorSmartphone size={15} aria-hidden="true" /> {t('channels.others', { names: others.map((one) => one.label).join(', ') })}</p>
        )}
        {enable.error && <p className="form-error" role="alert"><CircleAlert size={16} />{enable.error}</p>}
      </div>
      <span className="this-browser-acts">
        {MAY_ENABLE.includes(standing) && (
          <button className="button primary" disabled={enable.busy} onClick={() => (held ? void enable.anew(held) : enable.run())}>
            <BellRing size={16} /> {t(enable.busy ? 'channels.enabling' : 'channels.enable')}
          </button>
        )}
        {offer && <button className="button" onClick={() => void install()}>{t('channels.install')}</button>}
      </span>
    </div>
  )
}

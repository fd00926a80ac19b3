// The picture of an alert, and on it the way to its footage; the player is fetched when it is first asked for.
import { Play } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Alert } from '../../api/types'
import { Boundary } from '../../controls/Boundary'
import { Store } from '../../preferences/store'
import { useGate } from '../../rooms/useRoomOf'
import { usePermission } from '../../shell/shellState'
import { useShortcuts } from '../../shell/shortcuts'
import { AlertPicture } from '../AlertPicture'

const Clip = lazy(async () => ({ default: (await import('./Clip')).Clip }))

/** While a clip is open the arrow keys and Escape are its. */
export const clipOpen = new Store(false)

export function ClipPlace({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const gate = useGate(alert.camera)
  // A room that is closed while one looks takes the footage with it.
  const may = usePermission('recording.view') && gate.state === 'open' && alert.camera !== null
  const [asked, setAsked] = useState(false)
  const open = asked && may
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!may) setAsked(false)
  }, [may])
  useEffect(() => {
    clipOpen.set(open)
    if (open) place.current?.scrollIntoView({ block: 'nearest' })
    return () => clipOpen.set(false)
  }, [open])
  useShortcuts(may && !open ? { ' ': () => setAsked(true) } : {})
  return (
    <div ref={place} className="clip-place" data-open={open}>
      <AlertPicture alert={alert} />
      {open ? (
        <Boundary what={t('clip.failed')}>
          <Suspense fallback={<div className="clip-loading" role="status"><span className="spinner" aria-hidden="true" /><span className="visually-hidden">{t('state.loading')}</span></div>}>
            <Clip key={alert.id} alert={alert} onClose={() => setAsked(false)} />
          </Suspense>
        </Boundary>
      ) : may && (
        <button className="button clip-play" onClick={() => setAsked(true)}>
          <Play size={16} /> {t('clip.play')} <kbd>Space</kbd>
        </button>
      )}
    </div>
  )
}

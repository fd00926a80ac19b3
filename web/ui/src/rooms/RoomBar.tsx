// On the page of a camera: one's own opening with its end, longer and at once; below it who else looks into the room.
import { Eye, LockOpen, TimerReset, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { word } from '../i18n'
import { usePermission } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { moment } from '../time/format'
import { askRoom, type AskedRoom } from './asking'
import { CloseButton } from './CloseButton'
import { useOpened, useOthers, type Standing } from './openings'
import { minutesLeft, useLeft } from './RoomStrip'

export function RoomBar({ camera, from, room }: { camera: string; from: AskedRoom['from']; room: boolean }) {
  const opens = usePermission('room.open')
  const oversees = usePermission('room.oversee')
  const open = useOpened(camera)
  const looking = useOthers(camera)
  useShortcuts(open && opens ? { o: () => askRoom(camera, from) } : {})
  if (!room || (!open && looking.length === 0)) return null
  return (
    <div className="room-bars">
      {open && <Own open={open} from={from} />}
      {oversees && looking.map((one) => <Other key={one.id} one={one} />)}
    </div>
  )
}

function Own({ open, from }: { open: Standing; from: AskedRoom['from'] }) {
  const { t } = useTranslation()
  const { ms, soon } = useLeft(open)
  return (
    <section className="room-bar" data-soon={soon} aria-label={t('rooms.isOpenToYou')}>
      {soon ? <TriangleAlert size={17} aria-hidden="true" /> : <LockOpen size={17} aria-hidden="true" />}
      <span className="room-bar-text">
        <strong>{t('rooms.isOpenToYou')}</strong> <q>{open.reason}</q>
        {/* Said once, not each second. */}
        <span className="visually-hidden" role="status">{soon ? t('rooms.closesSoon') : ''}</span>
      </span>
      <span className="room-bar-until">
        <span>{soon ? t('rooms.closesIn') : t('rooms.until', { time: moment(open.until, false) })}</span> <b>{minutesLeft(ms)}</b>
      </span>
      <span className="room-bar-actions">
        <button className={soon ? 'button primary' : 'button'} onClick={() => askRoom(open.camera, from)}><TimerReset size={15} /> {t('rooms.extend')} <kbd>O</kbd></button>
        <CloseButton one={open} />
      </span>
    </section>
  )
}

function Other({ one }: { one: Standing }) {
  const { t } = useTranslation()
  return (
    <section className="room-bar other" aria-label={t('rooms.looking', { user: one.user })}>
      <Eye size={17} aria-hidden="true" />
      <span className="room-bar-text">
        <strong>{t('rooms.looking', { user: one.user })}</strong> <span className="secondary">{word('role', one.role)}</span> <q>{one.reason}</q>
      </span>
      <span className="room-bar-until">{t('rooms.until', { time: moment(one.until, false) })}</span>
      <span className="room-bar-actions">
        <Link className="button quiet" href="/rooms">{t('rooms.all')}</Link>
        <CloseButton one={one} />
      </span>
    </section>
  )
}

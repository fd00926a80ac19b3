// What stands in the place of a picture of a closed room: that it is closed on purpose, how many are in it, the way in.
import { DoorOpen, Lock, Users } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useStore } from '../preferences/store'
import { usePermission } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { askRoom, type AskedRoom } from './asking'
import { ended, known } from './openings'

interface Props {
  camera: string
  from: AskedRoom['from']
  /** Of the present; undefined where the picture would be of the past, or the count stands beside it. */
  persons?: number | null
  /** A key opens it, too: there is only one here. */
  keyed?: boolean
  className: string
}

export function ClosedRoom({ camera, from, persons, keyed, className }: Props) {
  const { t } = useTranslation()
  const may = usePermission('room.open')
  const why = useStore(ended).get(camera)
  const told = useStore(known)
  const ask = () => askRoom(camera, from)
  useShortcuts(keyed && may && told ? { o: ask } : {})
  return (
    <div className={`closed-room ${className}`} role="group" aria-label={t('tile.closed')}>
      <span className="closed-room-lock" aria-hidden="true"><Lock size={20} strokeWidth={1.7} /></span>
      <strong>{t('tile.closed')}</strong>
      {persons !== undefined && (
        <b className="closed-room-count"><Users size={22} aria-hidden="true" /> {persons === null ? t('tile.countUnknown') : t('tile.persons', { count: persons })}</b>
      )}
      {why && <p className="closed-room-ended" role="status">{t(`roomEnded.${why}`)}</p>}
      <p className="closed-room-why">{from === 'zones' && may ? t('rooms.forZones') : t('live.closedText')}</p>
      {/* Until it is known whether the room is open already there is nothing to ask. */}
      {may && told && (
        <button className="button" onClick={ask}><DoorOpen size={15} /> {t('rooms.ask')} {keyed && <kbd>O</kbd>}</button>
      )}
      {!may && <p className="closed-room-whose">{t('rooms.whose')}</p>}
    </div>
  )
}

// The way to the list of openings from the user's menu, with how many rooms are open now.
import { DoorOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { MenuItem } from '../controls/Menu'
import { useStore } from '../preferences/store'
import { usePermission } from '../shell/shellState'
import { askRoom } from './asking'
import { others, own, useIsClosed } from './openings'
import { useRoomOf } from './useRoomOf'

export function RoomsItem() {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [opens, oversees] = [usePermission('room.open'), usePermission('room.oversee')]
  const count = useStore(own).size + useStore(others).length
  if (!opens && !oversees) return null
  return (
    <MenuItem icon={<DoorOpen size={15} />} trail={count > 0 ? t('rooms.countNow', { count }) : undefined} onSelect={() => navigate('/rooms')}>{t('rooms.page')}</MenuItem>
  )
}

/** In the menu of a tile. */
export function OpenItem({ camera }: { camera: string }) {
  const { t } = useTranslation()
  const opens = usePermission('room.open')
  const isClosed = useIsClosed()
  const room = useRoomOf(camera)
  if (!opens || !room || !isClosed(room)) return null
  return <MenuItem icon={<DoorOpen size={15} />} onSelect={() => askRoom(camera)}>{t('rooms.ask')}</MenuItem>
}

// What may be done with a camera from the wall: a menu where the tile was pressed with the other button, or long.
import { Film, Siren, Video } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import * as Radix from '@radix-ui/react-dropdown-menu'
import { MenuItem } from '../controls/Menu'
import { OpenItem } from '../rooms/RoomsItem'
import { recordingsAt } from '../recordings/address'
import { usePermission } from '../shell/shellState'
import { serverClock } from '../time/serverClock'

export interface TileMenuAt {
  camera: string
  x: number
  y: number
}

/** Somebody who looks back from the wall looks for what just happened. */
const BACK_MS = 60_000

export function TileMenu({ at, onClose }: { at: TileMenuAt | null; onClose: () => void }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const mayReplay = usePermission('recording.view')
  if (!at) return null
  const camera = encodeURIComponent(at.camera)
  return (
    <Radix.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <Radix.Trigger asChild><span className="tile-menu-at" style={{ left: at.x, top: at.y }} /></Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" align="start" sideOffset={2} collisionPadding={8}>
          <OpenItem camera={at.camera} />
          <MenuItem icon={<Video size={15} />} onSelect={() => navigate(`/cameras/${camera}`)}>{t('action.live')}</MenuItem>
          {mayReplay && <MenuItem icon={<Film size={15} />} onSelect={() => navigate(recordingsAt([at.camera], Math.floor((serverClock.now() - BACK_MS) / 1000) * 1000, true))}>{t('action.footage')}</MenuItem>}
          <MenuItem icon={<Siren size={15} />} onSelect={() => navigate(`/alerts?camera=${camera}`)}>{t('rec.itsAlerts')}</MenuItem>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

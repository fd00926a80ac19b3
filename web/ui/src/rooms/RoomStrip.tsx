// The thin band over a picture of a room that is open: that it is, for how long yet, and that it is about to close.
import { LockOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../shell/ticking'
import { leftMs, useOpened, type Standing } from './openings'

/** So much before the end it is said clearly. */
export const SOON_MS = 30_000

export const minutesLeft = (ms: number) => {
  const s = Math.ceil(ms / 1000)
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}

/** What is left of it, as time passes. */
export function useLeft(one: Standing): { ms: number; soon: boolean } {
  useNow(250)
  const ms = leftMs(one)
  return { ms, soon: ms <= SOON_MS }
}

export function RoomStrip({ camera }: { camera: string }) {
  const open = useOpened(camera)
  return open && <Strip open={open} />
}

function Strip({ open }: { open: Standing }) {
  const { t } = useTranslation()
  const { ms, soon } = useLeft(open)
  return (
    <span className="room-strip" data-soon={soon} title={t('rooms.stripTitle', { reason: open.reason })}>
      <LockOpen size={12} aria-hidden="true" />
      <span className="cut">{t(soon ? 'rooms.closing' : 'rooms.isOpen')}</span>
      <b>{minutesLeft(ms)}</b>
    </span>
  )
}

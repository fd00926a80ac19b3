// A closed room on the wall: calm, with how many are in it, and to who oversees who looks.
import { Eye, Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useOthers } from './openings'

export function ClosedTile({ camera, persons }: { camera: string; persons: number | null }) {
  const { t } = useTranslation()
  const looking = useOthers(camera)
  return (
    <span className="tile-slate tile-room">
      <span className="tile-room-closed"><Lock size={13} aria-hidden="true" /> {t('tile.closed')}</span>
      <b className="tile-room-count" data-unknown={persons === null}>{persons ?? '–'}</b>
      <span className="tile-room-word">{t(persons === null ? 'tile.countUnknown' : 'rooms.persons', { count: persons ?? 0 })}</span>
      {looking.length > 0 && (
        <span className="tile-room-looking" title={looking.map((one) => t('rooms.looking', { user: one.user })).join('\n')}>
          <Eye size={12} aria-hidden="true" /> <span className="cut">{looking.map((one) => one.user).join(', ')}</span>
        </span>
      )}
    </span>
  )
}

// A camera without live video whose zones are edited: the last picture that it gave, with its age, as ground to draw on.
import { VideoOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { query } from '../api/client'
import type { CameraDetail } from '../api/types'
import { RoomStrip } from '../rooms/RoomStrip'
import { moment, span } from '../time/format'
import { serverClock } from '../time/serverClock'

export function LastPicture({ camera, over }: { camera: CameraDetail; over: (element: HTMLElement | null) => void }) {
  const { t } = useTranslation()
  const [phase, setPhase] = useState<'loading' | 'there' | 'none'>('loading')
  const at = camera.last_frame_at
  const [asked] = useState(at)
  const ratio = (camera.width ?? 16) / (camera.height ?? 9)
  return (
    <div className="stage">
      <div className="stage-picture last-picture" data-phase={phase} style={{ aspectRatio: String(ratio), '--ratio': ratio } as React.CSSProperties}>
        {asked && phase !== 'none' && (
          <img src={`/api/cameras/${encodeURIComponent(camera.id)}/snapshot.jpg${query({ at: asked })}`} alt="" onLoad={() => setPhase('there')} onError={() => setPhase('none')} />
        )}
        {(!asked || phase === 'none') && <div className="last-none hatched" />}
        <div ref={over} className="stage-over" />
        <RoomStrip camera={camera.id} />
        <p className="stage-note" role="status">
          <VideoOff size={15} />
          {asked && phase !== 'none' ? t('editor.lastPicture', { time: moment(asked), age: span(serverClock.now() - Date.parse(asked)) }) : t('editor.noPicture')}
        </p>
      </div>
    </div>
  )
}

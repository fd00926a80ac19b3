// How much time the timeline shows: by presets, and closer or wider by a step.
import { Minus, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { span } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import type { Playback } from '../player/playback'
import { around, PRESETS, spanOf, zoomed, type View } from './scale'

export function Zoom({ view, onView, playback }: { view: View; onView: (view: View) => void; playback: Playback }) {
  const { t } = useTranslation()
  const now = serverClock.now()
  // Around the playhead while it is in view: that is what is being looked at.
  const middle = () => {
    const at = playback.position()
    return at >= view.start && at <= view.end ? at : (view.start + view.end) / 2
  }
  return (
    <span className="zoom" role="group" aria-label={t('rec.zoom')}>
      <button className="button quiet icon" aria-label={t('rec.zoomOut')} title={`${t('rec.zoomOut')} (−)`} onClick={() => onView(zoomed(view, 1 / 0.6, middle(), now))}><Minus size={15} /></button>
      <span className="segmented">
        {PRESETS.map((preset) => (
          <button key={preset} aria-pressed={Math.abs(spanOf(view) - preset) < 1000} onClick={() => onView(around(middle(), preset, now))}>{span(preset)}</button>
        ))}
      </span>
      <button className="button quiet icon" aria-label={t('rec.zoomIn')} title={`${t('rec.zoomIn')} (+)`} onClick={() => onView(zoomed(view, 0.6, middle(), now))}><Plus size={15} /></button>
    </span>
  )
}

// The playhead: moved by the clock of the pictures, dragged by hand. Written straight into the page, 60 times a second.
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import type { Playback } from '../player/playback'
import { useHandle } from './handle'
import { xOf, type View } from './scale'

export function Playhead({ playback, view, width, label }: { playback: Playback; view: View; width: number; label: (at: number) => string }) {
  const { t } = useTranslation()
  const head = useRef<HTMLDivElement>(null)
  const grip = useRef<HTMLButtonElement>(null)
  const shown = useRef({ view, width, label })
  shown.current = { view, width, label }
  useEffect(() => playback.onFrame((at) => {
    if (!head.current || !grip.current) return
    const x = xOf(shown.current.view, shown.current.width, at)
    const inside = x >= -1 && x <= shown.current.width + 1
    head.current.style.visibility = inside ? 'visible' : 'hidden'
    if (!inside) return
    head.current.style.transform = `translateX(${x.toFixed(2)}px)`
    // The label stays whole at the edges.
    const half = grip.current.offsetWidth / 2
    grip.current.style.translate = `${Math.max(half - x, Math.min(0, shown.current.width - half - x)) - half}px 0`
    const text = shown.current.label(at)
    if (grip.current.textContent !== text) {
      grip.current.textContent = text
      grip.current.setAttribute('aria-valuetext', text)
    }
  }), [playback])
  const handle = useHandle(view, width, (at) => playback.scrub(at), (at) => playback.seek(at))
  return (
    <div ref={head} className="tl-head">
      <i className="tl-head-line" />
      <button ref={grip} className="tl-grip" role="slider" aria-label={t('rec.playhead')} aria-valuenow={0} {...handle} />
    </div>
  )
}

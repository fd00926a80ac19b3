// What stands where a picture cannot: a gap with its cause, nothing, trouble and what to do.
import { RotateCw } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { tell } from '../controls/toasts'
import { hasWord, word } from '../i18n'
import type { Missing } from './coverage'
import { gapLength, gapText } from './gapText'
import type { Shown, Track } from './player/track'
import { findFootage, useBounds } from './queries'
import { isAbsent } from './timeline/draw'

interface Props {
  camera: string
  shown: Shown
  track: Track | null
  onJump: (at: number) => void
}

export function Slate({ camera, shown, track, onJump }: Props) {
  const { t } = useTranslation()
  if (shown.phase === 'gap' && shown.gap) return <GapSlate camera={camera} gap={shown.gap} onJump={onJump} />
  if (shown.phase === 'nothing') {
    return <div className="picture-slate hatched"><strong>{t('rec.noFootage')}</strong><span>{t('rec.noFootageText')}</span></div>
  }
  return (
    <div className="picture-slate hatched" role="alert">
      <strong>{t(`recTrouble.${shown.trouble ?? 'unreachable'}`)}</strong>
      <span>{t(`recRemedy.${shown.trouble ?? 'unreachable'}`)}</span>
      <button className="button" onClick={() => track?.retry()}><RotateCw size={14} /> {t('action.retry')}</button>
    </div>
  )
}

function GapSlate({ camera, gap, onJump }: { camera: string; gap: Missing; onJump: (at: number) => void }) {
  const { t } = useTranslation()
  const absent = isAbsent(gap.cause)
  const bounds = useBounds(camera, gap)
  const { end, lasts } = bounds
  const length = gapLength(bounds)
  const resume = async () => {
    const found = await findFootage([camera], end ?? gap.end).catch(() => null)
    if (found === null) tell(t('rec.noMore'), 'breach')
    else onJump(found)
  }
  return (
    <div className="picture-slate hatched" data-absent={absent}>
      <strong>{gapText(bounds)}</strong>
      <span>
        {t('rec.cause', { cause: word('cause', gap.cause) })}{gap.reason && ` (${word('reason', gap.reason)})`}{length && ` · ${length}`}
      </span>
      {!absent && gap.reason && hasWord('remedy', gap.reason) && <span className="picture-remedy">{word('remedy', gap.reason)}</span>}
      {!lasts && <button className="button" onClick={() => void resume()}>{t('rec.afterGap')}</button>}
    </div>
  )
}

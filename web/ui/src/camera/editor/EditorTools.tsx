// Beneath the picture: what can be drawn, steps back and on, and how it is done by hand.
import { Check, CornerUpLeft, Redo2, Square, Undo2, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Hint } from '../../controls/Hint'
import { prefer, preferences } from '../../preferences/preferences'
import { useStore } from '../../preferences/store'
import { useIsClosed } from '../../rooms/openings'
import { MOST_ITEMS, ZONE_KINDS } from './draft'
import { isMask, MOST_MASKS } from './masks'
import { WhoSees } from './MaskForm'
import { closable, draftOf } from './state'
import type { Editor } from './useEditor'
import { ZoneMark } from './ZoneMark'

export function EditorTools({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const { state, dispatch } = editor
  const { showPersons } = useStore(preferences)
  const { sketch, selected, history } = state
  const { zones } = draftOf(state)
  const masks = zones.filter(isMask).length
  const full = { zone: zones.length - masks >= MOST_ITEMS, mask: masks >= MOST_MASKS }
  const stage = !sketch || sketch.points.length === 0 ? 'first' : !closable(sketch) ? 'more' : sketch.kind === 'line' ? 'endLine' : 'end'
  const picture = !useIsClosed()(editor.camera)
  const help = selected === null || 'rule' in selected ? 'idle' : selected.corner === null ? 'zone' : 'corner'
  return (
    <>
      <div className="camera-tools" role="toolbar" aria-label={t('editor.tools')}>
        {picture && (
          <span className="draw-tools" role="group" aria-label={t('editor.draw')}>
            <span className="secondary desk-only">{t('editor.draw')}</span>
            {ZONE_KINDS.map((kind) => (
              <Hint key={kind} text={kind === 'mask' ? <>{t('zoneHint.mask')} <WhoSees /></> : t(`zoneHint.${kind}`)}>
                <button className="button" aria-pressed={sketch?.kind === kind} disabled={kind === 'mask' ? full.mask : full.zone} onClick={() => dispatch(sketch?.kind === kind ? { do: 'cancelSketch' } : { do: 'draw', kind })}>
                  <ZoneMark kind={kind} /> <span className="desk-only">{t(`zoneName.${kind}`)}</span><span className="phone-only">{t(`zoneShort.${kind}`)}</span>
                </button>
              </Hint>
            ))}
          </span>
        )}
        <span className="tools-end">
          <Hint text={<>{t('editor.undoStep')} <kbd>Ctrl Z</kbd></>}>
            <button className="button icon" aria-label={t('editor.undoStep')} disabled={history.past.length === 0 && !sketch} onClick={() => dispatch({ do: 'undo' })}><Undo2 size={15} /></button>
          </Hint>
          <Hint text={<>{t('editor.redoStep')} <kbd>Ctrl Shift Z</kbd></>}>
            <button className="button icon" aria-label={t('editor.redoStep')} disabled={history.future.length === 0 || sketch !== null} onClick={() => dispatch({ do: 'redo' })}><Redo2 size={15} /></button>
          </Hint>
          {picture && (
            <button className="button desk-only" aria-pressed={showPersons} onClick={() => prefer({ showPersons: !showPersons })}>
              <Square size={15} /> {t('camera.boxes')} <kbd>B</kbd>
            </button>
          )}
        </span>
      </div>
      {sketch ? (
        <>
          <div className="drawing-bar">
            <span role="status"><span className="desk-only">{t(`drawHint.${stage}`)}</span><span className="phone-only">{t(`drawHintTouch.${stage}`)}</span></span>
            <button className="button" aria-label={t('editor.dropPoint')} disabled={sketch.points.length === 0} onClick={() => dispatch({ do: 'dropPoint' })}>
              <CornerUpLeft size={15} /> <span className="desk-only">{t('editor.dropPoint')}</span> <kbd>Del</kbd>
            </button>
            <button className="button" aria-label={t('editor.cancelDrawing')} onClick={() => dispatch({ do: 'cancelSketch' })}>
              <X size={15} /> <span className="desk-only">{t('editor.cancelDrawing')}</span> <kbd>Esc</kbd>
            </button>
            <button className="button primary" disabled={!closable(sketch)} onClick={editor.close}><Check size={15} /> {t(sketch.kind === 'line' ? 'editor.closeLine' : 'editor.close')} <kbd>Enter</kbd></button>
          </div>
          <p className={stage === 'first' ? 'editor-help' : 'editor-help desk-only'}>{sketch.kind === 'mask' ? <WhoSees /> : t(sketch.kind === 'line' ? 'editor.feetLine' : 'editor.feet')}</p>
        </>
      ) : picture && <p className="editor-help desk-only">{t(`editorHelp.${help}`)}</p>}
    </>
  )
}

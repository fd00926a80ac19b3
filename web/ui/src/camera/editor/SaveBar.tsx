// How far what was drawn has come: unsaved, saved, in force; and the way back.
import { Check, CircleAlert, CircleCheck, CloudOff, LoaderCircle, Redo2, Undo2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { explain } from '../../controls/states'
import { number } from '../../time/format'
import { refusal, turnBack, type Saving } from './saving'
import type { Editor } from './useEditor'

export function SaveBar({ editor, onDone }: { editor: Editor; onDone: () => void }) {
  const { t } = useTranslation()
  const { changes, faults, state, saving, unsaved } = editor
  const busy = saving?.phase === 'saving'
  const mayTurnBack = !unsaved && saving !== null && saving.revision !== null
  return (
    <div className="save-bar">
      {saving?.phase === 'failed' && (
        <p className="form-error" role="alert"><CircleAlert size={16} /> <span>{refusal(saving.error) ?? explain(saving.error, t)}</span></p>
      )}
      {saving?.late && !unsaved && <p className="editor-note attention" role="alert"><CloudOff size={15} /> {t(`late.${saving.late}`)}</p>}
      <div className="save-state" role="status" data-phase={unsaved ? 'unsaved' : (saving?.phase ?? 'none')}>
        <State editor={editor} saving={saving} />
        {mayTurnBack && (
          <button className="button" onClick={() => void turnBack()}>
            {saving.what === 'undo' ? <><Redo2 size={15} /> {t('editor.redoSave')}</> : <><Undo2 size={15} /> {t('action.undo')}</>}
          </button>
        )}
      </div>
      <div className="save-actions">
        {unsaved ? <button className="button" disabled={busy} onClick={() => editor.dispatch({ do: 'discard' })}>{t('editor.discard')}</button>
          : <button className="button" onClick={onDone}>{t('editor.done')}</button>}
        <button className="button primary" disabled={busy || changes === 0 || !faults.none || state.sketch !== null} onClick={() => void editor.save()}>
          {busy ? <LoaderCircle size={15} className="turning" /> : <Check size={15} />} {t('action.save')}
        </button>
      </div>
    </div>
  )
}

function State({ editor, saving }: { editor: Editor; saving: Saving | null }) {
  const { t } = useTranslation()
  const { changes, faults, state, unsaved } = editor
  if (saving?.phase === 'saving') return <span><LoaderCircle size={15} className="turning" /> {t('editor.saving')}</span>
  if (state.sketch) return <span className="secondary">{t('editor.drawing')}</span>
  if (unsaved && !faults.none) return <span className="breach"><CircleAlert size={15} /> {t('editor.unsavable', { count: faults.count })}</span>
  if (unsaved) return <span className="attention"><i className="mark disc" /> {t('editor.unsaved', { count: changes })}</span>
  if (saving?.phase === 'saved') return <span><LoaderCircle size={15} className="turning" /> {t(saving.late ? 'editor.savedLate' : 'editor.saved')}</span>
  if (saving?.phase === 'inForce' && saving.tookMs !== null) {
    return <span className="running"><CircleCheck size={15} /> {t(`inForce.${saving.what}`, { time: number(saving.tookMs / 1000, 1) })}</span>
  }
  return <span className="secondary">{t('editor.unchanged')}</span>
}

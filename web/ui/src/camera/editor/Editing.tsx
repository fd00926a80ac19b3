// The Camera page while zones and rules are edited: the sheet over its picture, tools beneath, the panel beside it.
import { useEffect } from 'react'
import { createPortal } from 'react-dom'
import type { Analysis, CameraDetail } from '../../api/types'
import { EditorPanel } from './EditorPanel'
import { EditorTools } from './EditorTools'
import { Sheet } from './Sheet'
import { draftOf } from './state'
import { useEditor } from './useEditor'

interface Props {
  camera: CameraDetail
  /** Over the picture, and beneath it; null while the page has none. */
  over: HTMLElement | null
  below: HTMLElement | null
  onDraft: (draft: Analysis | null) => void
  onDone: () => void
}

export function Editing({ camera, over, below, onDraft, onDone }: Props) {
  const editor = useEditor(camera)
  const draft = draftOf(editor.state)
  useEffect(() => onDraft(draft), [draft])
  useEffect(() => () => onDraft(null), [])
  return (
    <>
      {over && createPortal(<Sheet editor={editor} />, over)}
      {below && createPortal(<EditorTools editor={editor} />, below)}
      <EditorPanel editor={editor} onDone={onDone} />
    </>
  )
}

// A camera's state as a shape; the word is its label and stands beside it where there is room.
import type { CameraState } from '../api/types'
import { word } from '../i18n'

const SHAPES: Record<CameraState, string> = { recording: 'running', online: 'ring', offline: 'cross', disabled: 'dash' }

export function StateMark({ state }: { state: CameraState }) {
  return <i className={`mark ${SHAPES[state] ?? 'dash'}`} role="img" aria-label={word('cameraState', state)} />
}

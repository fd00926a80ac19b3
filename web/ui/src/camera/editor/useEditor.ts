// The editor's life in the page: its state, what the service says meanwhile, what is kept for a second visit.
import { use, useEffect, useMemo, useReducer, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CameraDetail, Zone } from '../../api/types'
import { tell } from '../../controls/toasts'
import { useStore } from '../../preferences/store'
import { SessionContext } from '../../shell/shellState'
import { useUnsaved } from '../../shell/leaving'
import { serverClock } from '../../time/serverClock'
import { pointsOf } from '../geometry'
import { keepDraft, keptDraft } from './drafts'
import { differences, same } from './differences'
import { addRule, cornersOf, fits, removeCorner, removeZone, rulesOn, type RuleKind } from './draft'
import { together } from './masks'
import { save, saving, type Saving } from './saving'
import { dirty, draftOf, opened, reduce, type Action, type EditorState, type Saved } from './state'
import { useTryoutsOf } from './tryouts'
import { faultsOf, type Faults } from './validation'
import { zoneTitle } from './words'

export interface Editor {
  camera: CameraDetail
  state: EditorState
  dispatch: (action: Action) => void
  faults: Faults
  /** How many zones, masks and rules differ from what is saved. */
  changes: number
  unsaved: boolean
  /** Somebody else changed this camera while it was being edited. */
  overtaken: boolean
  saving: Saving | null
  close: () => void
  save: () => Promise<boolean>
  addRule: (kind: RuleKind, zone?: string) => void
  removeCorner: (zone: Zone, corner: number) => void
  removeZone: (zone: Zone) => void
}

export const savedOf = (camera: CameraDetail): Saved => ({ ...together(camera), revision: camera.revision ?? 0 })

export function useEditor(camera: CameraDetail): Editor {
  const { t } = useTranslation()
  const owner = `${use(SessionContext)?.user.username ?? ''}.${camera.id}`
  const [state, dispatch] = useReducer(reduce, null, () => {
    const kept = keptDraft(owner)
    return kept ? opened(kept.base, kept.draft, kept.at) : opened(savedOf(camera))
  })
  const [overtaken, setOvertaken] = useState(false)
  const now = useStore(saving)
  const own = now?.camera === camera.id ? now : null
  const draft = draftOf(state)
  const faults = useMemo(() => faultsOf(draft, state.base), [draft, state.base])
  const unsaved = dirty(state)
  useTryoutsOf(camera.id, draft.rules)

  // What the service has by now: one's own save, or somebody else's.
  useEffect(() => {
    const theirs = savedOf(camera)
    if (theirs.revision <= state.base.revision) return
    const ours = own?.revision === theirs.revision
    // What was drawn on since the save stays, and is unsaved.
    if (same(theirs, state.base) || same(theirs, draft) || (ours && unsaved)) dispatch({ do: 'saved', base: theirs })
    else if (!unsaved) dispatch({ do: 'take', base: theirs })
    else {
      setOvertaken(true)
      return
    }
    setOvertaken(false)
  }, [camera.revision, camera.zones, camera.rules, camera.masks, state.base, unsaved])

  useEffect(() => {
    const timer = setTimeout(() => keepDraft(owner, same(state.base, draft) ? null : { base: state.base, draft, at: serverClock.now() }), 300)
    return () => clearTimeout(timer)
  }, [owner, state.base, draft])
  useUnsaved(unsaved, () => {
    keepDraft(owner, null)
    dispatch({ do: 'discard' })
  })

  return {
    camera, state, dispatch, faults, unsaved, overtaken, saving: own,
    changes: differences(state.base, draft).length,
    close: () => {
      const kind = state.sketch?.kind
      if (kind) dispatch({ do: 'close', name: nextName(t(`zoneName.${kind}`), draft.zones.map((zone) => zone.name ?? '')) })
    },
    save: () => save(camera.id, draft, state.base, () => dispatch({ do: 'discard' })),
    addRule: (kind, zone) => {
      const named = zone ?? (fits(kind, null) ? undefined : (draft.zones.find((one) => one.id === chosenZone(state) && fits(kind, one)) ?? draft.zones.find((one) => fits(kind, one)))?.id)
      const made = addRule(draft, kind, named)
      dispatch({ do: 'edit', make: () => made.draft, select: { rule: made.id, fresh: true } })
    },
    removeCorner: (zone, corner) => {
      const [fewest] = cornersOf(zone.kind)
      if (pointsOf(zone).length <= fewest) tell(t('editor.fewest', { count: fewest }), 'breach')
      else dispatch({ do: 'edit', make: (now) => removeCorner(now, zone.id, corner), select: { zone: zone.id, corner: null } })
    },
    removeZone: (zone) => {
      const used = rulesOn(draft, zone.id).length
      dispatch({ do: 'edit', make: (now) => removeZone(now, zone.id), select: null })
      // Nothing is lost yet: it is a step of the draft like any other.
      if (used > 0) tell(t('editor.zoneRemoved', { name: zoneTitle(zone), count: used }), 'done', { label: t('action.undo'), run: () => dispatch({ do: 'undo' }) })
    },
  }
}

const chosenZone = ({ selected }: EditorState) => (selected && 'zone' in selected ? selected.zone : null)

/** "Vùng cấm 2": the first number that no other has. */
export function nextName(word: string, taken: readonly string[]): string {
  for (let count = 1; ; count++) {
    const name = `${word} ${count}`
    if (!taken.includes(name)) return name
  }
}

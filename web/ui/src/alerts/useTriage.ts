// The list as rows: which groups are opened, which rows are selected, where "next" is when rows move.
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Alert } from '../api/types'
import { useStore } from '../preferences/store'
import { ask, askedForAll, type Act } from './alertActions'
import { keyOf, rowOf, rowsOf, targetOf, type Row } from './grouping'
import { looked, unseen } from './unseen'

export function useTriage(alerts: readonly Alert[], id: string | null) {
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set())
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set())
  const fresh = useStore(unseen)
  const rows = useMemo(() => rowsOf(alerts, opened), [alerts, opened])
  const at = rowOf(rows, id)
  const current = rows[at]
  // After an action the chosen one may leave the list: "next" is then what took its place.
  const place = useRef(-1)
  if (at >= 0) place.current = at
  useEffect(() => {
    if (id !== null) looked(current && !current.open ? current.members.map((one) => one.id) : [id])
  }, [id, current])

  const toggle = (row: Row, open = !row.open) => {
    const next = new Set(opened)
    if (open) next.add(row.group)
    else next.delete(row.group)
    setOpened(next)
  }
  const pick = (row: Row) => {
    const next = new Set(picked)
    if (!next.delete(keyOf(row))) next.add(keyOf(row))
    setPicked(next)
  }
  const chosen = rows.filter((row) => picked.has(keyOf(row)))
  return {
    rows,
    current,
    picked: chosen,
    isPicked: (row: Row) => picked.has(keyOf(row)),
    isFresh: (row: Row) => row.members.some((one) => fresh.has(one.id)),
    toggle,
    pick,
    unpick: () => setPicked(new Set()),
    /** The row so many on or back. */
    beside: (step: 1 | -1): Row | undefined => {
      const from = at >= 0 ? at + step : step > 0 ? Math.max(0, place.current) : place.current - 1
      return rows[Math.max(0, Math.min(rows.length - 1, from))]
    },
    /** What is selected, else the row of the one that is shown, else that one (`shown`), which a link may have named. */
    act: (action: Act, shown: Alert | undefined) => {
      if (chosen.length > 0) {
        const targets = chosen.flatMap((row) => targetOf(row, action) ?? [])
        if (targets.length > 0) askedForAll.set({ targets, action, onDone: () => setPicked(new Set()) })
        return
      }
      const target = current && targetOf(current, action)
      if (target) ask(target.alert, action, target.group ? target.count : 1)
      else if (!current) ask(shown, action)
    },
  }
}

/** Keeps the focus in the list when its row is taken away, and with the row that the keys move to. */
export function useFocusKept(list: React.RefObject<HTMLUListElement | null>, id: string | null, rows: readonly Row[]): void {
  const inside = useRef(false)
  useEffect(() => {
    const note = () => {
      // What was taken away has left nothing focused: that is no leaving.
      if (document.activeElement !== document.body) inside.current = list.current?.contains(document.activeElement) ?? false
    }
    document.addEventListener('focusin', note)
    return () => document.removeEventListener('focusin', note)
  }, [list])
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current=true]')
    const active = document.activeElement
    if (inside.current && row && (active === document.body || active?.classList.contains('alert-row'))) row.focus({ preventScroll: true })
  }, [list, id, rows])
}

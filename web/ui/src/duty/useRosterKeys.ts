// The keys of the roster: from shift to shift, from week to week.
import { useShortcuts } from '../shell/shortcuts'
import { neighbour, type Arrow, type Row } from './rows'
import type { Shift } from './types'

interface Keys {
  rows: readonly Row[]
  /** So many pages on or back; 0: to today. */
  onTurn: (pages: number) => void
  onNew: () => void
  onRemove: (shift: Shift) => void
}

const focused = () => (document.activeElement as HTMLElement | null)?.closest<HTMLElement>('[data-shift]')?.dataset.shift ?? null

function focus(id: string | null): void {
  if (id !== null) [...document.querySelectorAll<HTMLElement>('[data-shift]')].find((one) => one.dataset.shift === id)?.focus()
}

export function useRosterKeys({ rows, onTurn, onNew, onRemove }: Keys): void {
  const arrow = (key: Arrow) => (event: KeyboardEvent) => {
    if (event.shiftKey && (key === 'ArrowLeft' || key === 'ArrowRight')) onTurn(key === 'ArrowLeft' ? -1 : 1)
    else focus(neighbour(rows, focused(), key))
  }
  useShortcuts({
    ArrowLeft: arrow('ArrowLeft'), ArrowRight: arrow('ArrowRight'), ArrowUp: arrow('ArrowUp'), ArrowDown: arrow('ArrowDown'),
    t: () => onTurn(0),
    n: onNew,
    Delete: () => {
      const id = focused()
      const shift = rows.flatMap(({ bars }) => bars).find((bar) => bar.shift.id === id)?.shift
      if (!shift) return
      // What has the focus next is what is beside it.
      const beside = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp'] as const
      focus(beside.map((key) => neighbour(rows, id, key)).find((one) => one !== id) ?? null)
      onRemove(shift)
    },
  })
}

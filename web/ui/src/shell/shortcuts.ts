// Keys: who listens to which, and when none does (typing, open dialogs and menus).
import { useEffect, useRef } from 'react'

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

function busy(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  const target = event.target as HTMLElement | null
  if (target?.closest('input, textarea, select, [contenteditable], [role=menu], [role=dialog]')) return true
  // A button that has the focus keeps Enter and Space for itself, a link Enter.
  if ((event.key === 'Enter' && target?.closest('button, a')) || (event.key === ' ' && target?.closest('button'))) return true
  return document.querySelector('[role=dialog][data-state=open], [role=menu][data-state=open]') !== null
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts)
  current.current = shortcuts
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (busy(event)) return
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
      const action = current.current[key]
      if (!action) return
      event.preventDefault()
      action(event)
    }
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])
}

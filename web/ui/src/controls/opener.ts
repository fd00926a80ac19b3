// Where the focus was when a dialog was opened, so that it goes back there.
import { useRef } from 'react'

/** Of each open dialog what may take the focus after it. */
const openers = new WeakMap<Element, HTMLElement[]>()

const topmost = () => [...document.querySelectorAll('[role=dialog][data-state=open]')].at(-1)

/** What has the focus; what opened the menu or the dialog that it is in, should that be gone by then. */
function candidates(): HTMLElement[] {
  const active = document.activeElement
  const trigger = document.getElementById(active?.closest('[role=menu]')?.getAttribute('aria-labelledby') ?? '')
  // A button that is disabled while it works has lost the focus: its dialog is the topmost.
  const dialog = active?.closest('[role=dialog]') ?? topmost()
  return [active, trigger, ...((dialog && openers.get(dialog)) ?? [])].filter((one) => one instanceof HTMLElement && one !== document.body) as HTMLElement[]
}

/** For the content of a dialog: `keep` as its ref, `giveBack` when the focus leaves it for good. */
export function useOpener(open: boolean) {
  const was = useRef(false)
  const before = useRef<HTMLElement[]>([])
  // While it is drawn: what has `autoFocus` within has not taken it yet.
  if (open && !was.current) before.current = candidates()
  was.current = open
  return {
    keep: (content: HTMLElement | null) => {
      if (content) openers.set(content, before.current)
    },
    giveBack: (event: Event) => {
      event.preventDefault()
      // Where another dialog has followed the focus stays in that one.
      const next = topmost()
      before.current.find((one) => one.isConnected && (!next || next.contains(one)))?.focus()
    },
  }
}

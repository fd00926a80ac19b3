// Leaving a page with something unsaved: asked first, whatever the way out is.
import { useEffect, useRef } from 'react'
import { navigate, useBrowserLocation } from 'wouter/use-browser-location'
import type { AroundNavHandler, BaseLocationHook } from 'wouter'
import { Store, useStore } from '../preferences/store'

interface Unsaved {
  path: string
  forget: () => void
}

const unsaved = new Store<Unsaved | null>(null)

/** Where somebody wants to go although something is unsaved; null while nobody does. */
export const leaving = new Store<{ go: () => void; stay: () => void } | null>(null)

const pathOf = (to: string) => to.split(/[?#]/)[0] ?? to

function ask(go: () => void): void {
  const stay = () => leaving.set(null)
  leaving.set({ stay, go: () => {
    stay()
    unsaved.get()?.forget()
    unsaved.set(null)
    go()
  } })
}

/** For the router: every link and every key that leads elsewhere comes through here. */
export const aroundNav: AroundNavHandler = (go, to, options) => {
  const held = unsaved.get()
  if (!held || pathOf(to) === held.path) go(to, options)
  else ask(() => go(to, options))
}

/**
 * For the router: where the page is. The browser's own Back changes the address before anybody can be asked; the page
 * stays what it was meanwhile.
 */
export const useHeldLocation: BaseLocationHook = () => {
  const [path, go] = useBrowserLocation()
  const held = useStore(unsaved)
  return [held?.path ?? path, go]
}

/** As long as `active`, this page is not left unasked; `forget` is called when it is left all the same. */
export function useUnsaved(active: boolean, forget: () => void): void {
  const current = useRef(forget)
  current.current = forget
  useEffect(() => {
    if (!active) return
    const here = window.location.pathname
    unsaved.set({ path: here, forget: () => current.current() })
    const unload = (event: BeforeUnloadEvent) => event.preventDefault()
    const popped = () => {
      if (window.location.pathname === here) return
      const wanted = window.location.pathname + window.location.search
      navigate(here)
      ask(() => navigate(wanted))
    }
    window.addEventListener('beforeunload', unload)
    window.addEventListener('popstate', popped)
    return () => {
      window.removeEventListener('beforeunload', unload)
      window.removeEventListener('popstate', popped)
      unsaved.set(null)
    }
  }, [active])
}

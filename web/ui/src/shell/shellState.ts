// What pages and the shell tell each other: who is signed in, the page's title, open dialogs, the place for tools.
import { createContext, use, useEffect } from 'react'
import type { Session } from '../api/types'
import { Store } from '../preferences/store'

export const SessionContext = createContext<Session | null>(null)

export function usePermission(name: string): boolean {
  return use(SessionContext)?.user.permissions.includes(name) ?? false
}

export const LAST_CAMERA = 'vms.lastCamera'
export const pageTitle = new Store('')
export const keysOpen = new Store(false)
/** Full screen: the pictures alone, without rail and header. */
export const bare = new Store(false)

export function useTitle(title: string): void {
  useEffect(() => {
    pageTitle.set(title)
  }, [title])
}

export const TOOLS_ID = 'page-tools'

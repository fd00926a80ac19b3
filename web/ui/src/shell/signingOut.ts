// Signing out: before it, whether this browser is to be called still. Whoever it belongs to must be neither lost nor overheard.
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { signOut } from '../api/actions'
import { readChannels, removeChannel, type Channel } from '../api/channels'
import { keys } from '../api/queries'
import { tell } from '../controls/toasts'
import { Store } from '../preferences/store'
import { readBrowser, standingOf, unsubscribe } from '../push/thisBrowser'

/** The channel that this browser is, while it is asked what becomes of it. */
export const signingOut = new Store<Channel | null>(null)

export function useSignOut() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const leave = async () => {
    try {
      await signOut()
      // The session first: with it the shell goes, and nobody is left to ask for the rest again.
      await client.resetQueries({ queryKey: keys.session })
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.session[0] })
    } catch {
      tell(t('error.signOut'), 'breach')
    }
  }
  return {
    leave,
    ask: async () => {
      const channel = await ownChannel().catch(() => null)
      if (channel) signingOut.set(channel)
      else await leave()
    },
    /** Is called here no more, and signs out. */
    silence: async (channel: Channel) => {
      try {
        await removeChannel(channel.id)
        await unsubscribe()
      } catch {
        tell(t('error.signOut'), 'breach')
        return
      }
      await leave()
    },
  }
}

/** Null: this browser is not called, so that there is nothing to ask. */
async function ownChannel(): Promise<Channel | null> {
  const browser = await readBrowser()
  if (browser.device === null) return null
  const { items } = await readChannels()
  return standingOf(browser, items) === 'on' ? (items.find((one) => one.device === browser.device) ?? null) : null
}

// The browser's offer to put the dashboard among the telephone's applications; it makes it once, when it likes.
import { Store } from '../preferences/store'

interface Offer extends Event {
  prompt: () => Promise<unknown>
}

export const installOffer = new Store<Offer | null>(null)

export function listenForOffer(): void {
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    installOffer.set(event as Offer)
  })
  window.addEventListener('appinstalled', () => installOffer.set(null))
}

export async function install(): Promise<void> {
  const offer = installOffer.get()
  installOffer.set(null)
  await offer?.prompt()
}

// What became of a test, what was refused, and what one does about it, in words. Pure.
import type { TFunction } from 'i18next'
import { WEBPUSH, type Asks, type Channel, type Tested } from '../api/channels'
import { Problem } from '../api/client'
import { explain } from '../controls/states'
import { Denied, NoAddress } from '../push/thisBrowser'
import { number } from '../time/format'

export function answerOf({ state, answer, took_ms }: Tested, t: TFunction): string {
  return t(state === 'sent' ? 'channels.sent' : 'channels.notSent', { answer, time: number(took_ms / 1000, 1) })
}

/** What to do next: of a test that was sent, how to tell that it came. */
export function remedyOf(channel: Pick<Channel, 'gateway'>, { state }: Pick<Tested, 'state'>, t: TFunction): string {
  const browser = channel.gateway === WEBPUSH
  if (state === 'sent') return t(browser ? 'channels.sentBrowser' : 'channels.sentAddress')
  return t(browser ? 'channels.mendBrowser' : 'channels.mendAddress')
}

/** A browser that its push service knows no more (`GONE` of web/channels/store.py). */
export const hasEnded = ({ last_error }: Pick<Channel, 'last_error'>) => last_error?.startsWith("the browser's subscription has ended") ?? false

export function refusalOf(error: unknown, t: TFunction): string {
  if (error instanceof Denied) return t('standingText.denied')
  if (error instanceof NoAddress) return t('channels.noAddress')
  if (error instanceof Problem && error.status === 422) return t('channels.refused')
  if (error instanceof Problem && error.kind === 'too-many') return t('channels.tooMany')
  return explain(error, t)
}

/** As web/channels/gateways.py asks for them; the service has the last word. */
const SHAPES: Record<Asks, RegExp> = {
  email: /^[\w.%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, chat_id: /^(-?\d{1,20}|@\w{5,32})$/, topic: /^[\w-]{1,64}$/,
  phone: /^\+?\d{6,15}$/, text: /^.{1,200}$/,
}

export const fits = (asks: Asks, address: string) => (SHAPES[asks] ?? SHAPES.text).test(address)

/** A telephone number is written with blanks and points, an address never. */
export const tidy = (asks: Asks, entered: string) => (asks === 'phone' ? entered.replace(/[\s().-]/g, '') : entered.trim())

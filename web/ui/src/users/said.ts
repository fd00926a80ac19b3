// Why the service would not, in words; and what a browser calls itself, in words.
import type { TFunction } from 'i18next'
import { Problem } from '../api/client'
import { explain } from '../controls/states'
import { duration } from '../time/format'

const KINDS = ['taken', 'last-administrator', 'own-account', 'wrong-password'] as const

/** Like `explain`, with words for what accounts have of their own. */
export function refusal(error: unknown, t: TFunction): string {
  if (!(error instanceof Problem)) return explain(error, t)
  const kind = KINDS.find((one) => one === error.kind)
  if (kind) return t(`refusal.${kind}`)
  if (error.status === 429) return t('refusal.throttled', { time: duration((error.retryAfterS ?? 30) * 1000) })
  return explain(error, t)
}

const BROWSERS = [[/\bEdgA?\//, 'Edge'], [/\bCocCoc|coc_coc_browser/i, 'Cốc Cốc'], [/\bFirefox\/|FxiOS\//, 'Firefox'], [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'], [/\bSafari\//, 'Safari']] as const
const SYSTEMS = [[/Windows/, 'Windows'], [/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']] as const

/** "Chrome · Windows"; a program by the name that it gives itself; empty where none was given. */
export function deviceOf(agent: string | null): string {
  if (!agent) return ''
  const named = (list: readonly (readonly [RegExp, string])[]) => list.find(([pattern]) => pattern.test(agent))?.[1]
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)]
  if (!browser && !system) return agent.split(/[\s/(]/)[0] ?? agent
  return [browser, system].filter(Boolean).join(' · ')
}

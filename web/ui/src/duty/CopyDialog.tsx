// The week before taken over into the one shown: how many, what is there already, what stands against it.
import { useQuery } from '@tanstack/react-query'
import { CircleAlert, Copy } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { Empty, Failed, Skeletons } from '../controls/states'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { copied } from './copying'
import { csvOf } from './files'
import { Preview } from './Preview'
import { importShifts, shiftsBetween } from './queries'
import { datedDays, refusal, turn } from './said'
import { daysFrom, plusDays, type Span } from './times'
import type { ShiftAsked } from './types'

interface Props {
  /** The first of the days shown, and how many. */
  to: string
  days: number
  may: (site: string | null) => boolean
  onClose: () => void
}

const whole = (first: string, days: number): Span => {
  const list = daysFrom(first, days)
  return { start: list[0]?.start ?? 0, end: list.at(-1)?.end ?? 0 }
}

export function CopyDialog({ to, days, may, onClose }: Props) {
  const { t } = useTranslation()
  const named = useSitesNamed()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const from = whole(plusDays(to, -7), days)
  // By itself: asked anew each time it is opened, and after what was left out.
  const [asked, setAsked] = useState<ShiftAsked[] | null>(null)
  const plan = useQuery({
    queryKey: ['copying', to, asked],
    queryFn: async () => {
      const list = asked ?? copied(await shiftsBetween(from), from, 7, may)
      return { list, result: list.length > 0 ? await importShifts(csvOf(list), true) : null }
    },
    gcTime: 0, staleTime: Infinity,
  })
  const { list, result } = plan.data ?? { list: [], result: null }
  const lineOf = (row: number) => list[row - 2]
  const said = (row: number) => {
    const one = lineOf(row)
    return one ? `${one.user} · ${word('duty', one.duty)} · ${one.site === null ? t('wall.allSites') : named([one.site])} · ${turn(Date.parse(one.start), Date.parse(one.end))}` : String(row)
  }
  const wrong = new Set(result?.problems.map(({ row }) => row))
  const rest = list.filter((_, index) => !wrong.has(index + 2))
  const leavable = wrong.size > 0 && !wrong.has(null) && !result?.more_problems && rest.length > 0
  const copy = async () => {
    setBusy(true)
    setError('')
    try {
      const done = await importShifts(csvOf(list), false)
      if (done.problems.length === 0) {
        tell(t('copying.done', { count: done.added }))
        onClose()
        return
      }
      await plan.refetch()
    } catch (cause) {
      setError(refusal(cause, t))
    }
    setBusy(false)
  }
  const ready = result !== null && wrong.size === 0 && result.added > 0
  return (
    <Dialog open wide onClose={onClose} title={t(days === 1 ? 'copying.ofDay' : 'copying.open')} description={t('copying.text', { from: datedDays(from), to: datedDays(whole(to, days)) })}>
      {plan.isPending ? <Skeletons count={3} height={24} className="rows-loading" />
        : !plan.data ? <Failed error={plan.error} what={t('copying.failed')} onRetry={() => void plan.refetch()} />
          : result === null ? <Empty title={t('copying.none')} text={t('copying.noneText')} />
            : <Preview plan={result} what={said} />}
      {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
      <div className="dialog-foot">
        <button className="button" onClick={onClose}>{t('action.cancel')}</button>
        {leavable && <button className="button" disabled={busy} onClick={() => setAsked(rest)}>{t('copying.leave', { count: wrong.size })}</button>}
        <button className="button primary" disabled={!ready || busy} onClick={() => void copy()}><Copy size={15} /> {ready ? t('copying.write', { count: result.added }) : t('copying.short')}</button>
      </div>
    </Dialog>
  )
}

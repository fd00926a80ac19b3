// What is held: who holds which stretch, why and until when; a way to it, and to its release.
import { Lock, LockOpen, Play, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Hold } from '../api/types'
import { Dialog } from '../controls/Dialog'
import { Empty, explain, Failed, Skeletons, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { date, datedStretch, duration, moment } from '../time/format'
import { placeName, useKnown } from './known'
import { holdsOf, releaseHold, useHolds } from './queries'

export function HoldsList({ open, onClose, mayRelease, onShow }: { open: boolean; onClose: () => void; mayRelease: boolean; onShow: (hold: Hold) => void }) {
  const { t } = useTranslation()
  const [past, setPast] = useState(false)
  const holds = useHolds(past, open)
  const items = holdsOf(holds.data)
  return (
    <Dialog open={open} onClose={onClose} wide title={t('hold.list')} description={t('hold.listText')}>
      <span className="segmented" role="group" aria-label={t('hold.list')}>
        <button aria-pressed={!past} onClick={() => setPast(false)}>{t('hold.active')}</button>
        <button aria-pressed={past} onClick={() => setPast(true)}>{t('hold.all')}</button>
      </span>
      {holds.isError && holds.data && <StaleNote since={holds.dataUpdatedAt} onRetry={() => void holds.refetch()} />}
      {holds.isPending ? <Skeletons count={3} height={62} /> : !holds.data ? (
        <Failed error={holds.error} what={t('hold.failed')} onRetry={() => void holds.refetch()} />
      ) : items.length === 0 ? (
        <Empty icon={<Lock size={24} strokeWidth={1.5} />} title={t('hold.none')} text={t('hold.noneText')} />
      ) : (
        <ul className="holds scrolls">
          {items.map((hold) => <Entry key={hold.id} hold={hold} mayRelease={mayRelease} onShow={() => onShow(hold)} />)}
          {holds.hasNextPage && (
            <li className="hold-more"><button className="button" disabled={holds.isFetchingNextPage} onClick={() => void holds.fetchNextPage()}>{t('hold.more')}</button></li>
          )}
        </ul>
      )}
    </Dialog>
  )
}

function Entry({ hold, mayRelease, onShow }: { hold: Hold; mayRelease: boolean; onShow: () => void }) {
  const { t } = useTranslation()
  const known = useKnown()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const release = async () => {
    setBusy(true)
    try {
      await releaseHold(hold.id)
      tell(t('hold.released'))
    } catch (cause) {
      tell(explain(cause, t), 'breach')
    } finally {
      setBusy(false)
      setAsking(false)
    }
  }
  return (
    <li className="hold" data-hold={hold.id} data-state={hold.state}>
      <div className="hold-text">
        <b>{datedStretch(hold.start, hold.end)} <span className="secondary">{duration(Date.parse(hold.end) - Date.parse(hold.start))}</span></b>
        <span>{hold.cameras.map((id) => placeName(id, known(id))).join(', ')}</span>
        <q>{hold.reason}</q>
        {hold.pending && <span className="hold-pending" role="status"><TriangleAlert size={15} /> {t('hold.pending')}</span>}
        <span className="secondary">
          {hold.owner} · {hold.state === 'released' && hold.released_at ? t('hold.releasedBy', { by: hold.released_by, time: moment(hold.released_at) })
            : hold.state === 'expired' && hold.until ? t('hold.expired', { date: date(hold.until) })
              : hold.until ? t('hold.keptUntil', { date: date(Date.parse(hold.until) - 1) }) : t('hold.keptOpen')}
        </span>
      </div>
      <div className="hold-actions">
        <button className="button" onClick={onShow}><Play size={14} /> {t('hold.show')}</button>
        {mayRelease && hold.state === 'active' && !asking && <button className="button" onClick={() => setAsking(true)}><LockOpen size={14} /> {t('hold.release')}</button>}
      </div>
      {asking && (
        <p className="hold-ask" role="alert">
          <span>{t('hold.releaseAsk')}</span>
          <button className="button" onClick={() => setAsking(false)}>{t('action.cancel')}</button>
          <button className="button breach" disabled={busy} onClick={() => void release()}>{t('hold.releaseYes')}</button>
        </p>
      )}
    </li>
  )
}

// All that is kept quiet: in force, to come, and what was; each can be ended.
import { BellOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCamera } from '../../api/queries'
import type { Quiet } from '../../api/chains'
import { inForce, useQuiets } from '../../api/quiets'
import { Dialog } from '../../controls/Dialog'
import { Empty, Failed, Skeletons } from '../../controls/states'
import { word } from '../../i18n'
import { useNow } from '../../shell/ticking'
import { stretch } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import { usePlaces } from '../places'
import { EndQuiet } from './QuietNote'

export function QuietsButton({ onOpen }: { onOpen: () => void }) {
  const { t } = useTranslation()
  const now = useNow(5000)
  const count = inForce(useQuiets().data, now).length
  return (
    <button className="button" aria-label={t('quiet.listed', { count })} data-active={count > 0} onClick={onOpen}>
      <BellOff size={15} /> <span className="desk-only">{t('quiet.short')}</span>{count > 0 && <b>{count}</b>}
    </button>
  )
}

export function QuietsDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [past, setPast] = useState(false)
  const quiets = useQuiets(past, open)
  const list = quiets.data ?? []
  return (
    <Dialog open={open} onClose={onClose} title={t('quiet.list')} description={t('quiet.listText')} wide>
      <span className="segmented" role="group" aria-label={t('quiet.list')}>
        <button aria-pressed={!past} onClick={() => setPast(false)}>{t('quiet.current')}</button>
        <button aria-pressed={past} onClick={() => setPast(true)}>{t('quiet.past')}</button>
      </span>
      {quiets.isPending ? <Skeletons count={2} height={64} />
        : quiets.isError && list.length === 0 ? <Failed error={quiets.error} what={t('quiet.failed')} onRetry={() => void quiets.refetch()} />
          : list.length === 0 ? <Empty icon={<BellOff size={26} strokeWidth={1.5} />} title={t(past ? 'quiet.nonePast' : 'quiet.none')} text={t('quiet.noneText')} />
            : <ul className="quiets scrolls">{list.map((one) => <Item key={one.id} quiet={one} past={past} />)}</ul>}
    </Dialog>
  )
}

function Item({ quiet, past }: { quiet: Quiet; past: boolean }) {
  const { t } = useTranslation()
  const place = usePlaces()
  const rule = useCamera(quiet.camera).data?.rules.find((one) => one.id === quiet.rule)
  const coming = !past && Date.parse(quiet.start) > serverClock.now()
  return (
    <li className="quiet-item">
      <div>
        <strong>{place(quiet)}</strong>
        <span className="secondary">{t(`quietKind.${quiet.kind}`)}{quiet.rule && ` · ${rule ? word('kind', rule.kind) : quiet.rule}`}</span>
        <q>{quiet.reason}</q>
        <span>{coming && <b>{t('quiet.coming')} · </b>}{stretch(quiet.start, quiet.ended_at ?? quiet.until)} · {quiet.by}{quiet.ended_by && ` · ${t('quiet.endedBy', { by: quiet.ended_by })}`}</span>
      </div>
      {!past && <EndQuiet id={quiet.id} />}
    </li>
  )
}

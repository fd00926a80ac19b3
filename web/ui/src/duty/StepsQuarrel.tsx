// Somebody else changed the steps first: what, beside one's own, and whose shall stand.
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { word } from '../i18n'
import { moment } from '../time/format'
import { differences, together } from './steps'
import { ladderSaid } from './stepsSaid'
import type { Policy } from './types'

interface Props {
  base: Policy
  mine: Policy
  theirs: Policy
  /** Who put theirs, and when, where the service says so. */
  by: string | null
  at: string | null
  busy: boolean
  onClose: () => void
  onTheirs: () => void
  onPut: (policy: Policy) => void
}

export function StepsQuarrel({ base, mine, theirs, by, at, busy, onClose, onTheirs, onPut }: Props) {
  const { t } = useTranslation()
  const both = together(base, mine, theirs)
  return (
    <Dialog open wide onClose={onClose} title={t('stepsQuarrel.title')}
      description={by && at ? t('stepsQuarrel.textBy', { by, time: moment(at) }) : t('stepsQuarrel.text')}>
      <div className="steps-quarrel">
        <Changes title={t('quarrel.theirs')} before={base} after={theirs} />
        <Changes title={t('quarrel.mine')} before={base} after={mine} />
      </div>
      {!both && <p className="field-hint attention"><TriangleAlert size={15} /> {t('stepsQuarrel.clash')}</p>}
      <div className="dialog-foot">
        <button className="button" onClick={onClose}>{t('quarrel.goOn')}</button>
        <button className="button" onClick={onTheirs}>{t('quarrel.take')}</button>
        {both ? <button className="button primary" disabled={busy} onClick={() => onPut(both)}>{t('quarrel.onTop')}</button>
          : <button className="button breach" disabled={busy} onClick={() => onPut(mine)}>{t('quarrel.overwrite')}</button>}
      </div>
    </Dialog>
  )
}

function Changes({ title, before, after }: { title: string; before: Policy; after: Policy }) {
  const { t } = useTranslation()
  const found = differences(before, after)
  return (
    <section>
      <h3>{title}</h3>
      {found.length === 0 ? <p className="secondary">{t('quarrel.nothing')}</p> : (
        <ul>
          {found.map(({ group, severity }) => (
            <li key={`${group} ${severity}`}><b>{t(`stepsGroup.${group}`)} · {word('severity', severity)}</b><p>{ladderSaid(after[group][severity], t)}</p></li>
          ))}
        </ul>
      )}
    </section>
  )
}

// Somebody else changed the same camera first: who, when and what, and whose shall stand.
import { useTranslation } from 'react-i18next'
import type { Analysis } from '../../api/types'
import { Dialog } from '../../controls/Dialog'
import { useStore } from '../../preferences/store'
import { moment } from '../../time/format'
import { differences, merged, type Difference } from './differences'
import { quarrel, settleFor, settleForTheirs } from './saving'
import { differenceText } from './words'

const MARK: Record<Difference['how'], string> = { added: '+', changed: '~', removed: '−' }

export function QuarrelDialog() {
  const { t } = useTranslation()
  const found = useStore(quarrel)
  if (!found) return null
  const { base, theirs, mine, by, at } = found
  const both = merged(base, mine, theirs)
  return (
    <Dialog open wide onClose={() => quarrel.set(null)} title={t('quarrel.title')}
      description={at ? t('quarrel.text', { by: by ?? t('quarrel.somebody'), time: moment(at) }) : t('quarrel.textUnknown')}>
      <div className="quarrel">
        <Changes title={t('quarrel.theirs')} before={base} after={theirs} />
        <Changes title={t(found.what === 'undo' ? 'quarrel.undo' : 'quarrel.mine')} before={base} after={mine} />
      </div>
      <div className="dialog-foot">
        <button className="button" onClick={() => quarrel.set(null)}>{t('action.back')}</button>
        <button className="button breach" onClick={() => void settleFor(found, mine)}>{t('quarrel.overwrite')}</button>
        <button className={both ? 'button' : 'button primary'} onClick={() => settleForTheirs(found)}>{t('quarrel.take')}</button>
        {both && <button className="button primary" onClick={() => void settleFor(found, both)}>{t('quarrel.both')}</button>}
      </div>
    </Dialog>
  )
}

function Changes({ title, before, after }: { title: string; before: Analysis; after: Analysis }) {
  const { t } = useTranslation()
  const found = differences(before, after)
  return (
    <section>
      <h3>{title}</h3>
      {found.length === 0 ? <p className="secondary">{t('quarrel.nothing')}</p> : (
        <ul>
          {found.map((one) => (
            <li key={`${one.what} ${one.item.id}`} data-how={one.how}>
              <b aria-hidden="true">{MARK[one.how]}</b> <span><span className="visually-hidden">{t(`quarrelHow.${one.how}`)}: </span>{differenceText(one, [...after.zones, ...before.zones])}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

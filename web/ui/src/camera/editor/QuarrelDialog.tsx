// Somebody else changed the same camera first: who, when and what, and whose shall stand.
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Analysis } from '../../api/types'
import { Dialog } from '../../controls/Dialog'
import { useStore } from '../../preferences/store'
import { moment } from '../../time/format'
import { clashes, clashing, differences, onTop, type Difference } from './differences'
import { quarrel, settleFor, settleForTheirs } from './saving'
import { changesText, differenceText } from './words'

const MARK: Record<Difference['how'], string> = { added: '+', changed: '~', removed: '−' }

export function QuarrelDialog() {
  const { t } = useTranslation()
  const found = useStore(quarrel)
  if (!found) return null
  const { base, theirs, mine, by, at } = found
  const both = onTop(base, mine, theirs)
  const clashed = clashes(base, mine, theirs)
  const told = !both ? 'quarrel.unfit' : clashed.size > 0 ? 'quarrel.clash' : 'quarrel.clear'
  return (
    <Dialog open wide onClose={() => quarrel.set(null)} title={t('quarrel.title')}
      description={at ? t('quarrel.text', { by: by ?? t('quarrel.somebody'), time: moment(at) }) : t('quarrel.textUnknown')}>
      <div className="quarrel">
        <Changes title={t('quarrel.theirs')} before={base} after={theirs} clashed={clashed} />
        <Changes title={t(found.what === 'save' ? 'quarrel.mine' : 'quarrel.back')} before={base} after={mine} clashed={clashed} />
      </div>
      <p className={told === 'quarrel.clear' ? 'secondary' : 'field-hint attention'}>{told !== 'quarrel.clear' && <TriangleAlert size={15} />} {t(told)}</p>
      <div className="dialog-foot">
        <button className="button" onClick={() => quarrel.set(null)}>{t('quarrel.goOn')}</button>
        <button className="button" onClick={() => settleForTheirs(found)}>{t('quarrel.take')}</button>
        {both ? <button className="button primary" onClick={() => void settleFor(found, both)}>{t('quarrel.onTop')}</button>
          : <button className="button breach" onClick={() => void settleFor(found, mine)}>{t('quarrel.overwrite')}</button>}
      </div>
    </Dialog>
  )
}

function Changes({ title, before, after, clashed }: { title: string; before: Analysis; after: Analysis; clashed: ReadonlySet<string> }) {
  const { t } = useTranslation()
  const found = differences(before, after)
  // What was removed is called as it was, apart from all that was there with it.
  const all = { zones: [...after.zones, ...before.zones], rules: after.rules }
  return (
    <section>
      <h3>{title}</h3>
      {found.length === 0 ? <p className="secondary">{t('quarrel.nothing')}</p> : (
        <ul>
          {found.map((one) => (
            <li key={`${one.what} ${one.item.id}`} data-how={one.how} data-clash={clashing(one, clashed)}>
              <b aria-hidden="true">{MARK[one.how]}</b>
              <span>
                <span className="visually-hidden">{t(`quarrelHow.${one.how}`)}: </span>{differenceText(one, one.how === 'removed' ? before : all)}
                {clashing(one, clashed) && <em>{t('quarrel.both')}</em>}
                {changesText(one, all.zones).map((text) => <small key={text}>{text}</small>)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

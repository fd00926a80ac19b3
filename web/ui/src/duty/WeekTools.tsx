// Which days of the roster are shown, of which site; what is done to all of them.
import { CalendarPlus, ChevronLeft, ChevronRight, Copy, Download, MoreHorizontal, Upload } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import { useSites } from '../api/queries'
import { Menu, MenuItem } from '../controls/Menu'
import { date } from '../time/format'
import type { Span } from './times'

interface Props {
  first: string
  span: Span
  /** Of one day alone: there is no room for a week. */
  daily: boolean
  site: string
  manages: boolean
  /** That of today is what is shown. */
  here: boolean
  exportPath: string
  onTurn: (pages: number) => void
  onFirst: (date: string) => void
  onSite: (site: string) => void
  onNew: () => void
  onCopy: () => void
  onImport: () => void
}

export function WeekTools(props: Props) {
  const { t } = useTranslation()
  const { daily, span } = props
  const sites = useSites()
  return (
    <div className="week-tools">
      <h2>{daily ? t('roster.day', { date: date(span.start) }) : t('roster.week', { from: date(span.start).slice(0, 5), to: date(span.end - 1) })}</h2>
      <span className="week-turn">
        <button className="button icon" aria-label={t(daily ? 'roster.dayBefore' : 'roster.before')} title={t(daily ? 'roster.dayBefore' : 'roster.before')} onClick={() => props.onTurn(-1)}><ChevronLeft size={16} /></button>
        <button className="button" aria-pressed={props.here} onClick={() => props.onTurn(0)}>{t(daily ? 'roster.today' : 'roster.thisWeek')}</button>
        <button className="button icon" aria-label={t(daily ? 'roster.dayAfter' : 'roster.after')} title={t(daily ? 'roster.dayAfter' : 'roster.after')} onClick={() => props.onTurn(1)}><ChevronRight size={16} /></button>
        <input className="input" type="date" aria-label={t('roster.jump')} title={t('roster.jump')} value={props.first} onChange={(event) => event.target.value && props.onFirst(event.target.value)} />
      </span>
      {(sites.data?.length ?? 0) > 1 && (
        <select className="select week-sites" aria-label={t('filter.site')} data-set={props.site !== ''} value={props.site} onChange={(event) => props.onSite(event.target.value)}>
          <option value="">{t('wall.allSites')}</option>
          {sites.data?.map(({ id, name }) => <option key={id} value={id}>{shortSite(name)}</option>)}
        </select>
      )}
      <span className="week-space" />
      {props.manages && !daily && <button className="button" onClick={props.onCopy}><Copy size={15} /> {t('copying.open')}</button>}
      {props.manages && <button className="button primary" onClick={props.onNew}><CalendarPlus size={15} /> {t('shift.add')} <kbd>N</kbd></button>}
      <Menu align="end" trigger={<button className="button icon" aria-label={t('roster.more')}><MoreHorizontal size={16} /></button>}>
        {props.manages && daily && <MenuItem icon={<Copy size={15} />} onSelect={props.onCopy}>{t('copying.ofDay')}</MenuItem>}
        {props.manages && <MenuItem icon={<Upload size={15} />} onSelect={props.onImport}>{t('importing.open')}</MenuItem>}
        <MenuItem icon={<Download size={15} />} onSelect={() => window.location.assign(props.exportPath)}>{t('roster.export')}</MenuItem>
      </Menu>
    </div>
  )
}

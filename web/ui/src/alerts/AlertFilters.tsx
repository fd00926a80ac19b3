// The filters of the list; each lives in the address.
import { ClipboardList, FilterX, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useCameras, useSites } from '../api/queries'
import { word } from '../i18n'
import type { SearchChange } from '../shell/location'
import { PageTools } from '../shell/PageTools'
import { usePermission } from '../shell/shellState'
import { SEVERITIES, TABS, isFiltered } from './filterSearch'
import { ABOUT, KINDS } from './kinds'
import type { AlertFilter } from './merge'
import { shortSite } from './places'
import { QuietsButton } from './quiet/QuietsDialog'

interface Props {
  filter: AlertFilter
  search: URLSearchParams
  onChange: (change: SearchChange) => void
  onQuiets: () => void
}

export function AlertFilters({ filter, search, onChange, onQuiets }: Props) {
  const { t } = useTranslation()
  const sites = useSites()
  const cameras = useCameras()
  const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
  const [shown, setShown] = useState(false)
  const mayQuiet = usePermission('alert.quiet')
  const ofAbout = KINDS.filter((kind) => (ABOUT[search.get('about') as keyof typeof ABOUT] ?? kind).split(',').includes(kind))
  const select = (name: string, all: string, options: readonly { value: string; label: string }[]) => (
    <select className="select" aria-label={t(`filter.${name}`)} data-set={search.has(name)} value={search.get(name) ?? ''}
      onChange={(event) => onChange({ [name]: event.target.value || null, ...(name === 'site' ? { camera: null } : name === 'about' ? { kind: null } : {}) })}>
      <option value="">{all}</option>
      {options.map((option) => <option key={option.value} value={option.value}>{option.label}</option>)}
    </select>
  )
  const states = (
    <span className="segmented" role="group" aria-label={t('filter.state')}>
      {['', ...Object.keys(TABS)].map((state) => (
        <button key={state} aria-pressed={(search.get('state') ?? '') === state} onClick={() => onChange({ state: state || null })}>
          {state ? t(`alertTab.${state}`) : t('filter.all')}
        </button>
      ))}
    </span>
  )
  const words = (group: string, values: readonly string[]) => values.map((value) => ({ value, label: word(group, value) }))
  return (
    <>
      <PageTools>
        <h1>{t('nav.alerts')}</h1>
        <span className="desk-only">{states}</span>
        <Link className="button" href="/reports" aria-label={t('nav.reports')}><ClipboardList size={15} /> <span className="desk-only">{t('nav.reports')}</span></Link>
        {mayQuiet && <QuietsButton onOpen={onQuiets} />}
        <button className="button icon phone-only" aria-expanded={shown} aria-label={t('filter.show')} data-active={isFiltered(filter)} onClick={() => setShown(!shown)}>
          <SlidersHorizontal size={18} />
        </button>
      </PageTools>
      <div className="alert-states phone-only">{states}</div>
      <div className="alert-filters" data-shown={shown}>
        {select('severity', t('filter.anySeverity'), words('severity', SEVERITIES))}
        {select('about', t('filter.anyAbout'), [...Object.keys(ABOUT), 'quiet'].map((value) => ({ value, label: t(`alertAbout.${value}`) })))}
        {select('kind', t('filter.anyKind'), words('kind', ofAbout))}
        {select('site', t('filter.anySite'), (sites.data ?? []).map((site) => ({ value: site.id, label: shortSite(site.name) })))}
        {select('camera', t('filter.anyCamera'),
          (cameras.data ?? []).filter((camera) => !filter.site || camera.site === filter.site)
            .map((camera) => ({ value: camera.id, label: filter.site ? camera.name : `${siteNames.get(camera.site) ?? camera.site} · ${camera.name}` })))}
        {(['from', 'to'] as const).map((name) => (
          <label key={name} className="filter-day">
            <span className="secondary">{t(`filter.${name}`)}</span>
            <input className="input" type="date" value={search.get(name) ?? ''} onChange={(event) => onChange({ [name]: event.target.value || null })} />
          </label>
        ))}
        {isFiltered(filter) && (
          <button className="button quiet" onClick={() => onChange({ site: null, camera: null, kind: null, about: null, state: null, severity: null, from: null, to: null })}>
            <FilterX size={15} /> {t('filter.clear')}
          </button>
        )}
      </div>
    </>
  )
}

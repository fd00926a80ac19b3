// The filters of the list; each lives in the address.
import { FilterX, SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCameras, useSites } from '../api/queries'
import { word } from '../i18n'
import type { SearchChange } from '../shell/location'
import { PageTools } from '../shell/PageTools'
import { KINDS, SEVERITIES, TABS, isFiltered } from './filterSearch'
import type { AlertFilter } from './merge'
import { shortSite } from './places'

interface Props {
  filter: AlertFilter
  search: URLSearchParams
  onChange: (change: SearchChange) => void
}

export function AlertFilters({ filter, search, onChange }: Props) {
  const { t } = useTranslation()
  const sites = useSites()
  const cameras = useCameras()
  const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
  const [shown, setShown] = useState(false)
  const select = (name: string, all: string, options: readonly { value: string; label: string }[]) => (
    <select className="select" aria-label={t(`filter.${name}`)} data-set={search.has(name)} value={search.get(name) ?? ''}
      onChange={(event) => onChange({ [name]: event.target.value || null, ...(name === 'site' ? { camera: null } : {}) })}>
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
        <button className="button icon phone-only" aria-expanded={shown} aria-label={t('filter.show')} data-active={isFiltered(filter)} onClick={() => setShown(!shown)}>
          <SlidersHorizontal size={18} />
        </button>
      </PageTools>
      <div className="alert-states phone-only">{states}</div>
      <div className="alert-filters" data-shown={shown}>
        {select('severity', t('filter.anySeverity'), words('severity', SEVERITIES))}
        {select('kind', t('filter.anyKind'), words('kind', KINDS))}
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
          <button className="button quiet" onClick={() => onChange({ site: null, camera: null, kind: null, state: null, severity: null, from: null, to: null })}>
            <FilterX size={15} /> {t('filter.clear')}
          </button>
        )}
      </div>
    </>
  )
}

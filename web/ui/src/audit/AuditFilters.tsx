// The filters of the log; each lives in the address. What is typed counts when it is finished: each look is written down.
import { FilterX, SlidersHorizontal } from 'lucide-react'
import { useEffect, useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import { useAuditActions } from '../api/audit'
import { useUsers } from '../api/accounts'
import { useCameras, useSites } from '../api/queries'
import { word } from '../i18n'
import type { SearchChange } from '../shell/location'
import { usePermission } from '../shell/shellState'
import { TIMES, UNFILTERED } from './filter'
import { actionWord } from './words'

interface Props {
  search: URLSearchParams
  filtered: boolean
  /** Above all others; on a phone in one line with what shows the rest. */
  outcomes: ReactNode
  onChange: (change: SearchChange) => void
}

export function AuditFilters({ search, filtered, outcomes, onChange }: Props) {
  const { t } = useTranslation()
  const [shown, setShown] = useState(false)
  const sites = useSites()
  const cameras = useCameras()
  const users = useUsers(usePermission('user.manage'))
  const actions = useAuditActions().data ?? []
  const site = search.get('site')
  const kinds = [...new Set(actions.map((one) => one.kind))]
  const select = (name: 'action' | 'site' | 'camera', options: ReactNode) => (
    <select className="select" aria-label={t(`auditFilter.${name}`)} data-set={search.has(name)} value={search.get(name) ?? ''}
      onChange={(event) => onChange({ [name]: event.target.value || null, ...(name === 'site' ? { camera: null } : {}) })}>
      <option value="">{t(`auditFilter.${name}`)}</option>
      {options}
    </select>
  )
  return (
    <>
      <div className="audit-more phone-only">
        {outcomes}
        <button className="button icon" aria-expanded={shown} aria-label={t('filter.show')} data-active={filtered} onClick={() => setShown(!shown)}><SlidersHorizontal size={18} /></button>
      </div>
      <div className="audit-filters" data-shown={shown}>
        {TIMES.map((name) => (
          <label key={name} className="filter-day">
            <span className="secondary">{t(`auditFilter.${name}`)}</span>
            <input className="input" type="datetime-local" value={search.get(name) ?? ''} onChange={(event) => onChange({ [name]: event.target.value || null })} />
          </label>
        ))}
        <Typed name="user" value={search.get('user') ?? ''} onChange={onChange} known={users.data?.map((one) => one.username) ?? []} />
        {select('action', kinds.map((kind) => (
          <optgroup key={kind} label={word('auditKind', kind)}>
            {actions.filter((one) => one.kind === kind).map(({ action }) => <option key={action} value={action}>{actionWord(action)}</option>)}
          </optgroup>
        )))}
        {select('site', sites.data?.map((one) => <option key={one.id} value={one.id}>{shortSite(one.name)}</option>))}
        {select('camera', cameras.data?.filter((one) => !site || one.site === site).map((one) => (
          <option key={one.id} value={one.id}>{site ? one.name : `${shortSite(sites.data?.find(({ id }) => id === one.site)?.name ?? one.site)} · ${one.name}`}</option>
        )))}
        <Typed name="q" value={search.get('q') ?? ''} onChange={onChange} />
        {filtered && (
          <button className="button quiet" onClick={() => onChange(UNFILTERED)}><FilterX size={15} /> {t('filter.clear')}</button>
        )}
      </div>
    </>
  )
}

function Typed({ name, value, onChange, known = [] }: { name: 'user' | 'q'; value: string; onChange: (change: SearchChange) => void; known?: string[] }) {
  const { t } = useTranslation()
  const [text, setText] = useState(value)
  const list = useId()
  useEffect(() => setText(value), [value])
  const finish = (typed: string) => typed.trim() !== value && onChange({ [name]: typed.trim() || null })
  return (
    <>
      <input className="input audit-typed" type="search" list={known.length > 0 ? list : undefined} aria-label={t(`auditFilter.${name}`)} placeholder={t(`auditFilter.${name}`)}
        autoCapitalize="none" spellCheck={false} data-set={value !== ''} value={text}
        onChange={(event) => {
          setText(event.target.value)
          // One that is chosen from the list, or cleared, is finished.
          if (event.target.value === '' || known.includes(event.target.value)) finish(event.target.value)
        }}
        onBlur={() => finish(text)} onKeyDown={(event) => event.key === 'Enter' && finish(text)} />
      {known.length > 0 && <datalist id={list}>{known.map((one) => <option key={one} value={one} />)}</datalist>}
    </>
  )
}

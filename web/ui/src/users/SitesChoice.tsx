// Which sites: all of them, those to come included, or some by name.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSites } from '../api/queries'
import type { Role } from '../api/accounts'
import { shortSite } from '../alerts/places'
import { Failed, Skeletons } from '../controls/states'
import { plain } from '../shell/plainText'

/** More than fit without looking for one. */
const MANY = 8

interface Props {
  role: Role | undefined
  value: readonly string[] | null
  onChange: (sites: string[] | null) => void
}

export function SitesChoice({ role, value, onChange }: Props) {
  const { t } = useTranslation()
  const sites = useSites()
  const [text, setText] = useState('')
  const list = sites.data ?? []
  // A site that is not configured any more can only be taken away.
  const gone = (value ?? []).filter((id) => sites.data && !list.some((site) => site.id === id))
  const shown = [...list.map(({ id, name }) => ({ id, name: shortSite(name) })), ...gone.map((id) => ({ id, name: t('users.goneSite', { id }) }))]
    .filter((site) => plain(`${site.name} ${site.id}`).includes(plain(text)))
  const put = (id: string, on: boolean) => onChange(on ? [...(value ?? []), id] : (value ?? []).filter((one) => one !== id))
  return (
    <fieldset className="field">
      <legend>{t('users.sites')}</legend>
      {role?.of_all ? <p className="secondary">{t('users.ofAll')}</p> : (
        <>
          {!role?.of_sites && (
            <span className="segmented" role="group" aria-label={t('users.sites')}>
              <button type="button" aria-pressed={value === null} onClick={() => onChange(null)}>{t('wall.allSites')}</button>
              <button type="button" aria-pressed={value !== null} onClick={() => value === null && onChange([])}>{t('users.someSites')}</button>
            </span>
          )}
          {value === null ? <p className="secondary">{t('users.allText')}</p>
            : !sites.data ? (sites.isError ? <Failed error={sites.error} what={t('users.sitesFailed')} onRetry={() => void sites.refetch()} /> : <Skeletons count={3} height={26} />) : (
              <>
                {list.length > MANY && <input className="input" type="search" placeholder={t('users.findSite')} aria-label={t('users.findSite')} value={text} onChange={(event) => setText(event.target.value)} />}
                <div className="sites-list scrolls">
                  {shown.map((site) => (
                    <label key={site.id} className="check">
                      <input type="checkbox" checked={value.includes(site.id)} onChange={(event) => put(site.id, event.target.checked)} />
                      <span className="cut">{site.name}</span>
                    </label>
                  ))}
                </div>
                <p className="secondary" aria-live="polite">{t('users.sitesChosen', { count: value.length })}</p>
              </>
            )}
        </>
      )}
    </fieldset>
  )
}

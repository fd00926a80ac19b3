// Finding a camera by its name, site or place; "/" brings the focus here. Diacritics may be left out.
import { Search } from 'lucide-react'
import { useMemo, useRef, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { useCameras, useSites } from '../api/queries'
import { word } from '../i18n'
import { StateMark } from '../wall/StateMark'
import { plain } from './plainText'

const SHOWN = 9

export function CameraSearch() {
  const { t } = useTranslation()
  const cameras = useCameras()
  const sites = useSites()
  const [, navigate] = useLocation()
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const input = useRef<HTMLInputElement>(null)

  const index = useMemo(() => {
    const names = new Map(sites.data?.map((site) => [site.id, site.name]))
    return (cameras.data ?? []).map((camera) => {
      const site = names.get(camera.site) ?? camera.site
      return { camera, site, text: plain(`${camera.name} ${site} ${camera.id} ${word('placement', camera.placement)}`) }
    })
  }, [cameras.data, sites.data])
  const words = plain(text).split(/\s+/).filter(Boolean)
  const found = words.length === 0 ? [] : index.filter((entry) => words.every((part) => entry.text.includes(part))).slice(0, SHOWN)

  const go = (id: string) => {
    setText('')
    setOpen(false)
    input.current?.blur()
    navigate(`/cameras/${id}`)
  }
  const key = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive(Math.min(found.length - 1, active + 1))
    else if (event.key === 'ArrowUp') setActive(Math.max(0, active - 1))
    else if (event.key === 'Enter' && found[active]) go(found[active].camera.id)
    else if (event.key === 'Escape') {
      setText('')
      input.current?.blur()
    } else return
    event.preventDefault()
  }
  const shown = open && words.length > 0
  return (
    <div className="search" role="search">
      <Search size={15} aria-hidden="true" />
      <input id="search" ref={input} className="input" type="search" autoComplete="off" spellCheck={false}
        role="combobox" aria-expanded={shown} aria-controls="search-results" aria-label={t('search.label')}
        aria-activedescendant={shown && found[active] ? `found-${found[active].camera.id}` : undefined}
        placeholder={t('search.placeholder')} value={text} onKeyDown={key}
        onFocus={() => setOpen(true)} onBlur={() => setOpen(false)}
        onChange={(event) => {
          setText(event.target.value)
          setActive(0)
          setOpen(true)
        }} />
      {!text && <kbd aria-hidden="true">/</kbd>}
      {shown && (
        <ul className="menu search-results" id="search-results" role="listbox" aria-label={t('search.label')}>
          {found.map(({ camera, site }, at) => (
            <li key={camera.id} id={`found-${camera.id}`} role="option" aria-selected={at === active} className="menu-item"
              data-highlighted={at === active ? '' : undefined}
              onPointerDown={(event) => {
                // Before the field loses the focus and the list with it.
                event.preventDefault()
                go(camera.id)
              }}>
              <StateMark state={camera.state} />
              <span className="cut">{camera.name}</span>
              <span className="trail cut">{site}</span>
            </li>
          ))}
          {found.length === 0 && <li className="menu-label">{t('search.none')}</li>}
        </ul>
      )}
    </div>
  )
}

// What the wall shows and how: filters, density, layouts, cycling, spotlight, full screen.
import { Bookmark, ChevronDown, Expand, ListFilter, Focus, PanelRight, RefreshCw, Save, Siren, Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import type { Camera, Site } from '../api/types'
import { Dialog } from '../controls/Dialog'
import { Hint } from '../controls/Hint'
import { Menu, MenuChoices, MenuItem, MenuLine } from '../controls/Menu'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { prefer, preferences } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import { useHeld } from '../rights/session'
import { toggleFull } from '../shell/fullScreen'
import { PageTools } from '../shell/PageTools'
import { DENSITIES, GROUPINGS, PLACEMENTS, type WallChoice } from './choice'
import { freeSlot, layouts, saveLayout } from './savedLayouts'
import type { Cycle } from './useCycle'

interface Props {
  choice: WallChoice
  onChange: (part: Partial<WallChoice>) => void
  sites: readonly Site[]
  cameras: readonly Camera[]
  cycle: Cycle
  alertCount: number
}

export function WallTools({ choice, onChange, sites, cameras, cycle, alertCount }: Props) {
  const { t } = useTranslation()
  const { alertColumn } = useStore(preferences)
  const held = useHeld()
  const site = sites.find((one) => one.id === choice.site)
  const placeLabel = choice.placement ? word('placement', choice.placement) : t('wall.allPlacements')
  return (
    <PageTools>
      <h1 className="desk-only">{t('nav.wall')}</h1>
      <Menu trigger={
        <button className="button" data-active={choice.site !== null}>
          <span className="cut tool-word">{site ? shortSite(site.name) : t('wall.all', { count: cameras.length })}</span>
          <ChevronDown size={14} />
        </button>
      }>
        <MenuChoices value={choice.site ?? ''} onChoose={(value) => onChange({ site: value || null })}
          choices={[
            { value: '', label: t(held ? 'rights.yourSites' : 'wall.allSites'), trail: cameras.length },
            ...sites.map((one) => ({ value: one.id, label: shortSite(one.name), trail: `${one.cameras.recording}/${one.cameras.total}` })),
          ]} />
      </Menu>
      <Menu trigger={
        <button className="button" data-active={choice.placement !== null} aria-label={t('wall.placement')}>
          <ListFilter size={15} />
          <span className="desk-only">{placeLabel}</span>
        </button>
      }>
        <MenuChoices label={t('wall.placement')} value={choice.placement ?? ''}
          onChoose={(value) => onChange({ placement: value === '' ? null : value })}
          choices={[
            { value: '' as const, label: t('wall.allPlacements'), trail: cameras.length },
            ...PLACEMENTS.map((placement) => ({
              value: placement, label: word('placement', placement),
              trail: cameras.filter((camera) => camera.placement === placement).length,
            })),
          ]} />
      </Menu>
      <Hint text={t('wall.alertsOnlyHint')}>
        <button className="button" aria-pressed={choice.alertsOnly} aria-label={t('wall.alertsOnly')} onClick={() => onChange({ alertsOnly: !choice.alertsOnly })}>
          <Siren size={15} />
          <span className="wide-only">{t('wall.alertsOnly')}</span> <span className="secondary">{alertCount}</span>
        </button>
      </Hint>
      <LayoutMenu choice={choice} onChange={onChange} />
      <Hint text={<>{t('wall.cycleHint')} <kbd>C</kbd></>}>
        <button className="button" aria-pressed={choice.cycle} aria-label={t('wall.cycle')} onClick={() => onChange({ cycle: !choice.cycle })}>
          <RefreshCw size={15} />
          {choice.cycle && cycle.group ? `${cycle.at}/${cycle.of}` : ''}
        </button>
      </Hint>
      <Hint text={<>{t('wall.spotlightHint')} <kbd>S</kbd></>}>
        <button className="button icon desk-only" aria-pressed={choice.spotlight} aria-label={t('wall.spotlight')} onClick={() => onChange({ spotlight: !choice.spotlight })}>
          <Focus size={16} />
        </button>
      </Hint>
      <Hint text={t('wall.column')}>
        <button className="button icon desk-only" aria-pressed={alertColumn} aria-label={t('wall.column')} onClick={() => prefer({ alertColumn: !alertColumn })}>
          <PanelRight size={16} />
        </button>
      </Hint>
      <Hint text={<>{t('keys.full')} <kbd>F</kbd></>}>
        <button className="button icon desk-only" aria-label={t('keys.full')} onClick={toggleFull}>
          <Expand size={16} />
        </button>
      </Hint>
    </PageTools>
  )
}

function LayoutMenu({ choice, onChange }: Pick<Props, 'choice' | 'onChange'>) {
  const { t } = useTranslation()
  const saved = useStore(layouts)
  const held = useHeld()
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')
  const save = (event: FormEvent) => {
    event.preventDefault()
    const slot = freeSlot()
    saveLayout(slot, { name: name.trim() || t('layout.unnamed', { slot: slot + 1 }), builtIn: null, choice })
    tell(t('layout.saved', { slot: slot + 1 }))
    setNaming(false)
    setName('')
  }
  return (
    <>
      <Menu trigger={
        <button className="button" aria-label={t('layout.menu')}>
          <Bookmark size={15} />
          <span className="wide-only">{t('layout.menu')}</span>
          <ChevronDown size={14} />
        </button>
      }>
        <MenuChoices label={t('wall.density')} value={choice.density} onChoose={(density) => onChange({ density })}
          choices={DENSITIES.map((value) => ({ value, label: t(`density.${value}`) }))} />
        <MenuLine />
        <MenuChoices label={t('wall.grouping')} value={choice.grouping} onChoose={(grouping) => onChange({ grouping })}
          choices={GROUPINGS.map((value) => ({ value, label: t(`grouping.${value}`) }))} />
        <MenuLine />
        <p className="menu-label">{t('layout.saves')}</p>
        {saved.map((layout, slot) => layout && (
          <MenuItem key={slot} icon={<kbd>{slot + 1}</kbd>} onSelect={() => onChange(layout.choice)}
            trail={layout.builtIn ? null : (
              <button className="button quiet icon menu-inline" aria-label={t('layout.remove')} onClick={(event) => {
                event.stopPropagation()
                saveLayout(slot, null)
              }}>
                <Trash2 size={14} />
              </button>
            )}>
            {layout.builtIn === 'all' && held ? t('rights.yourSites') : layout.builtIn ? t(`layout.${layout.builtIn}`) : layout.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem icon={<Save size={15} />} onSelect={() => setNaming(true)}>{t('layout.save')}</MenuItem>
      </Menu>
      <Dialog open={naming} onClose={() => setNaming(false)} title={t('layout.save')} description={t('layout.saveText', { slot: freeSlot() + 1 })}>
        <form className="field" onSubmit={save}>
          <span id="layout-name">{t('layout.name')}</span>
          <input className="input" autoFocus maxLength={40} aria-labelledby="layout-name" value={name} onChange={(event) => setName(event.target.value)} />
          <div className="dialog-foot">
            <button type="button" className="button" onClick={() => setNaming(false)}>{t('action.cancel')}</button>
            <button className="button primary">{t('action.save')}</button>
          </div>
        </form>
      </Dialog>
    </>
  )
}

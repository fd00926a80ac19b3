// Who looked at what, changed what, and was refused what; and whether that record itself can be trusted.
import { Download, FilterX, Link2, RotateCw, ScrollText } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { exportPath, useAudit, useAuditHead } from '../api/audit'
import { Dialog } from '../controls/Dialog'
import { Hint } from '../controls/Hint'
import { Menu, MenuItem } from '../controls/Menu'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { NotYours } from '../rights/NotYours'
import { useSearchParts } from '../shell/location'
import { PageTools } from '../shell/PageTools'
import { usePermission, useTitle } from '../shell/shellState'
import { AuditFilters } from './AuditFilters'
import { AuditList } from './AuditList'
import { Chain, Unsent } from './Chain'
import { filterOf, UNFILTERED } from './filter'

export function AuditPage() {
  const { t } = useTranslation()
  useTitle(t('nav.audit'))
  return usePermission('audit.view') ? <Log /> : <NotYours permission="audit.view" title={t('nav.audit')} />
}

const OUTCOMES = ['', 'done', 'refused'] as const

function Log() {
  const { t } = useTranslation()
  const [search, setSearch] = useSearchParts()
  const filter = useMemo(() => filterOf(search), [search])
  const pages = useAudit(filter)
  const head = useAuditHead()
  const [chained, setChained] = useState(false)
  const entries = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data])
  const filtered = Object.keys(filter).length > 0
  // What is still shown is of the filter before; where that found nothing, nothing is known yet of this one.
  const reading = pages.isPending || (pages.isPlaceholderData && entries.length === 0)
  const again = () => {
    void pages.refetch()
    void head.refetch()
  }
  const outcomes = (
    <span className="segmented" role="group" aria-label={t('audit.outcome')}>
      {OUTCOMES.map((one) => (
        <button key={one} aria-pressed={(filter.outcome ?? '') === one} onClick={() => setSearch({ outcome: one || null })}>{one ? t(`auditOutcome.${one}`) : t('filter.all')}</button>
      ))}
    </span>
  )
  return (
    <div className="audit-page">
      <PageTools>
        <h1>{t('nav.auditShort')}</h1>
        <span className="desk-only">{outcomes}</span>
        <Hint text={t('audit.refresh')}>
          <button className="button icon" aria-label={t('audit.refresh')} disabled={pages.isFetching} onClick={again}><RotateCw size={15} /></button>
        </Hint>
        <button className="button chain-open" aria-label={t('chain.title')} onClick={() => setChained(true)}><Link2 size={15} /></button>
        <Menu align="end" trigger={<button className="button" aria-label={t('audit.export')}><Download size={15} /> <span className="desk-only">{t('audit.export')}</span></button>}>
          <p className="menu-label audit-export">{t(filtered ? 'audit.exportFiltered' : 'audit.exportAll')}</p>
          {(['csv', 'jsonl'] as const).map((format) => <MenuItem key={format} onSelect={() => save(exportPath(filter, format))}>{t(`audit.${format}`)}</MenuItem>)}
        </Menu>
      </PageTools>
      <AuditFilters search={search} filtered={filtered} onChange={setSearch} outcomes={outcomes} />
      <Unsent head={head.data} />
      <div className="audit-body">
        <div className="audit-place">
          {pages.isError && pages.data && <StaleNote since={pages.dataUpdatedAt} onRetry={again} />}
          {pages.isPlaceholderData && entries.length > 0 && <p className="audit-reading" role="status">{t('audit.reading')}</p>}
          {reading ? <Skeletons className="rows-loading padded" count={10} height={38} />
            : !pages.data ? <Failed fill error={pages.error} what={t('audit.failed')} onRetry={again} />
              : entries.length === 0 ? (
                <Empty fill icon={<ScrollText size={26} strokeWidth={1.5} />} title={t(filtered ? 'audit.noneFound' : 'audit.none')} text={t(filtered ? 'audit.noneFoundText' : 'audit.noneText')}
                  action={filtered && <button className="button" onClick={() => setSearch(UNFILTERED)}><FilterX size={15} /> {t('filter.clear')}</button>} />
              ) : <AuditList entries={entries} stale={pages.isPlaceholderData} more={pages.hasNextPage} busy={pages.isFetchingNextPage} onMore={() => void pages.fetchNextPage()} />}
        </div>
        <aside className="audit-chain scrolls" aria-label={t('chain.title')}>
          <h2>{t('chain.title')}</h2>
          <Chain head={head} />
        </aside>
      </div>
      <Dialog open={chained} onClose={() => setChained(false)} title={t('chain.title')}><Chain head={head} /></Dialog>
    </div>
  )
}

/** By the browser itself: it writes to the disk what comes, however much, and asks where. */
function save(path: string): void {
  const link = document.createElement('a')
  link.href = path
  link.download = ''
  link.click()
}

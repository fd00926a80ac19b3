// The entries, newest first, a heading for each day; each opens to all that it says.
import { ChevronRight, ShieldX } from 'lucide-react'
import { Fragment, memo, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditEntry } from '../api/audit'
import { word } from '../i18n'
import { useHeld } from '../rights/session'
import { clock, date, day, number } from '../time/format'
import { actionWord, addressOf, detailsOf, objectShort, objectWord, useWhere, useWho } from './words'

interface Props {
  entries: readonly AuditEntry[]
  stale: boolean
  more: boolean
  busy: boolean
  onMore: () => void
}

export function AuditList({ entries, stale, more, busy, onMore }: Props) {
  const { t } = useTranslation()
  const who = useWho()
  const where = useWhere()
  const held = useHeld()
  const [open, setOpen] = useState<number | null>(null)
  return (
    <div className="audit-list scrolls" data-stale={stale}>
      <div className="audit-entry audit-head" aria-hidden="true">
        {['time', 'who', 'what', 'where', 'address'].map((name) => <span key={name}>{t(`auditColumn.${name}`)}</span>)}
      </div>
      <ul onKeyDown={step}>
        {entries.map((entry, index) => (
          <Fragment key={entry.seq}>
            {day(entry.at) !== day(entries[index - 1]?.at ?? 0) && <li className="audit-day"><h2>{date(entry.at)}</h2></li>}
            <Entry entry={entry} who={who(entry)} where={where(entry)} open={open === entry.seq} onOpen={setOpen} />
          </Fragment>
        ))}
      </ul>
      <p className="alerts-end">
        {held && <>{t('audit.held')}<br /></>}
        {more ? <button className="button" disabled={busy} onClick={onMore}>{t('audit.more')}</button> : t('audit.end', { count: entries.length })}
      </p>
    </div>
  )
}

/** Up and down go from entry to entry. */
function step(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('.audit-entry')]
  const next = all[all.indexOf(event.target as HTMLElement) + by]
  if (by === 0 || !next) return
  event.preventDefault()
  next.focus()
}

const Entry = memo(function Entry(props: { entry: AuditEntry; who: string; where: string; open: boolean; onOpen: (seq: number | null) => void }) {
  const { t } = useTranslation()
  const { entry, who, where, open, onOpen } = props
  const refused = entry.outcome === 'refused'
  return (
    <li className="audit-item" data-seq={entry.seq} data-outcome={entry.outcome} data-open={open}>
      <button className="audit-entry" aria-expanded={open} onClick={() => onOpen(open ? null : entry.seq)}>
        <time dateTime={entry.at}><ChevronRight size={13} aria-hidden="true" /> {clock(entry.at)}</time>
        <span className="audit-who cut" data-known={entry.user !== null}><b>{who}</b> <small className="secondary">{word('role', entry.role)}</small></span>
        <span className="audit-what">
          {refused && <span className="badge open"><ShieldX size={12} /> {t('auditOutcome.refused')}</span>}
          <span className="cut">{actionWord(entry.action)} <span className="secondary">{objectShort(entry)}</span></span>
        </span>
        <span className="audit-where cut">{where}</span>
        <span className="audit-address cut secondary">{addressOf(entry)}</span>
      </button>
      {open && (
        <dl className="audit-facts">
          {entry.object && <Fact name={t('audit.object')} value={objectWord(entry)} />}
          {detailsOf(entry.detail).map(([name, value]) => <Fact key={name} name={name} value={value} />)}
          {addressOf(entry) && <Fact name={t('auditColumn.address')} value={addressOf(entry)} />}
          <Fact name={t('audit.number')} value={number(entry.seq)} />
          <div><dt>{t('audit.hash')}</dt><dd><code>{entry.hash}</code></dd></div>
        </dl>
      )}
    </li>
  )
})

const Fact = ({ name, value }: { name: string; value: string }) => <div><dt>{name}</dt><dd>{value}</dd></div>

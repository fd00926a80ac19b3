// How the disk of a node stands now, beside what it raised.
import { useTranslation } from 'react-i18next'
import { useSystem } from '../api/queries'
import type { NodeStorage } from '../api/types'
import i18n, { word } from '../i18n'
import { bytes, date, number } from '../time/format'

export function NodeFacts({ node }: { node: string }) {
  const { t } = useTranslation()
  const storage = useSystem().data?.storage.find((one) => one.node === node)
  if (!storage) return null
  return (
    <section className="node-facts">
      <h3>{t('node.storage')}</h3>
      <p>
        <i className={`mark ${storageMark(storage)}`} /> <b>{word('storageStatus', storage.status ?? 'ok')}</b>
        {storage.detail && <span className="secondary"> · {storage.detail}</span>}
      </p>
      <Filled storage={storage} />
      <dl className="figures">
        {storageFacts(storage).map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

function Filled({ storage }: { storage: NodeStorage }) {
  const { free_bytes: free, total_bytes: total } = storage
  if (free === null || !total) return null
  const held = (storage.held_bytes ?? 0) / total
  const used = Math.max(0, 1 - free / total - held)
  return (
    <div className="filled" role="img" aria-label={`${bytes(total - free)} / ${bytes(total)}`}>
      <span className="held" style={{ width: `${held * 100}%` }} />
      <span className="used" style={{ width: `${used * 100}%` }} />
    </div>
  )
}

/** What is known of a disk, as keys of the catalogue and values. */
export function storageFacts(storage: NodeStorage): [string, string][] {
  const facts: [string, string | null][] = [
    ['node.free', storage.free_bytes === null ? null : `${bytes(storage.free_bytes)} / ${storage.total_bytes === null ? '–' : bytes(storage.total_bytes)}`],
    ['node.held', storage.held_bytes ? bytes(storage.held_bytes) : null],
    ['node.oldest', storage.oldest ? date(storage.oldest) : null],
    ['node.kept', typeof storage.days_kept === 'number' ? number(storage.days_kept, 1) : null],
    ['node.limit', limitOf(storage)],
    ['node.wanted', typeof storage.days_wanted === 'number' ? i18n.t('node.days', { value: number(storage.days_wanted, Number.isInteger(storage.days_wanted) ? 0 : 1) }) : null],
    ['node.left', typeof storage.days_left === 'number' ? number(storage.days_left, 1) : null],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== null)
}

/** What makes footage go before its time: the disk, or a quota by the id of whose it is. */
function limitOf({ days_kept: kept, days_wanted: wanted, days_kept_by: by }: NodeStorage): string | null {
  if (!by || typeof kept !== 'number' || typeof wanted !== 'number' || kept >= wanted) return null
  const [what = '', id = ''] = by.split(':')
  return i18n.t(`storageLimit.${what}`, { id })
}

export type StorageTone = 'ok' | 'attention' | 'breach'

/** An older server says only how many days are left. */
export function storageTone(storage: NodeStorage): StorageTone {
  if (storage.status === undefined) return storage.days_left !== null && storage.days_left < 3 ? 'breach' : 'ok'
  if (storage.status === 'ok') return 'ok'
  return storage.status === 'low' ? 'attention' : 'breach'
}

export const storageMark = (storage: NodeStorage) =>
  ({ ok: 'running', attention: 'disc', breach: 'diamond' })[storageTone(storage)]

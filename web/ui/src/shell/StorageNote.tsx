// The disk in the header: how many days it has left or keeps, and what is wrong with it.
import { HardDrive } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { storageFacts, storageTone, type StorageTone } from '../alerts/NodeFacts'
import type { NodeStorage } from '../api/types'
import { Hint } from '../controls/Hint'
import { word } from '../i18n'

const DAYS = { left: 'summary.storage', kept: 'summary.storageKept', short: 'summary.storageShort' } as const
const HOURS = { left: 'summary.storageHours', kept: 'summary.storageKeptHours', short: 'summary.storageShortHours' } as const
const ORDER: StorageTone[] = ['breach', 'attention', 'ok']

export function StorageNote({ storage }: { storage: NodeStorage[] }) {
  const { t } = useTranslation()
  const worst = ORDER.flatMap((tone) => storage.filter((node) => storageTone(node) === tone))[0]
  if (!worst) return null
  const tone = storageTone(worst)
  // A disk that turns over has no day on which it is full: then it is said how many it keeps.
  const left = fewest(storage, (node) => node.days_left)
  const turning = left === null || left < 1
  const kept = turning ? fewest(storage, (node) => node.days_kept ?? null) : null
  const days = kept ?? left
  const hours = days !== null && days < 2
  const words = hours ? HOURS : DAYS
  const count = Math.floor((days ?? 0) * (hours ? 24 : 1))
  const trouble = tone === 'ok' || worst.status === undefined ? null : word('storageStatus', worst.status)
  const hint = storage.map((node) => (
    <span key={node.node} className="storage-hint">
      <b>{t('node.name', { node: node.node })}</b>
      {node.status && <span>{word('storageStatus', node.status)}</span>}
      {node.detail && <span>{node.detail}</span>}
      {storageFacts(node).map(([key, value]) => <span key={key}>{t(key)}: {value}</span>)}
    </span>
  ))
  return (
    <Hint text={hint}>
      <span className={`summary-storage ${tone === 'ok' ? 'secondary' : tone}`} tabIndex={0}>
        <HardDrive size={14} />
        {days === null ? (
          trouble ?? t('summary.storageUnknown')
        ) : (
          <>
            <span className="roomy">{t(kept === null ? words.left : words.kept, { count })}{trouble && ` · ${trouble}`}</span>
            <span className="tight" aria-hidden="true">{t(words.short, { count })}</span>
          </>
        )}
      </span>
    </Hint>
  )
}

function fewest(storage: NodeStorage[], pick: (node: NodeStorage) => number | null): number | null {
  const known = storage.map(pick).filter((days) => days !== null)
  return known.length > 0 ? Math.min(...known) : null
}

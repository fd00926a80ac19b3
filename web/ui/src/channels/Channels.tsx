// By what one is called when an alert comes: this browser, addresses at gateways, their order, a test of each.
import { BellOff, Plus, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { changeChannel, removeChannel, restoreChannel, useChannels, WEBPUSH, type Channel, type Channels as All } from '../api/channels'
import { Confirm } from '../controls/Confirm'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { unsubscribe, useBrowser } from '../push/thisBrowser'
import { AddressDialog } from './AddressDialog'
import { ChannelRow } from './ChannelRow'
import { NameDialog } from './NameDialog'
import { refusalOf } from './said'
import { ThisBrowser, useEnable } from './ThisBrowser'

/** As web/channels/store.py has it. */
const MOST = 10

export function Channels() {
  const { t } = useTranslation()
  const channels = useChannels()
  if (!channels.data) {
    return (
      <>
        <h2>{t('channels.title')}</h2>
        {channels.isError ? <Failed error={channels.error} what={t('channels.failed')} onRetry={() => void channels.refetch()} />
          : <Skeletons className="rows-loading" count={3} height={56} />}
      </>
    )
  }
  return <Shown all={channels.data} stale={channels.isError ? channels.dataUpdatedAt : null} onRetry={() => void channels.refetch()} />
}

function Shown({ all, stale, onRetry }: { all: All; stale: number | null; onRetry: () => void }) {
  const { t, i18n } = useTranslation()
  const { items, gateways } = all
  const browser = useBrowser().data
  const enable = useEnable(all)
  const [adding, setAdding] = useState(false)
  const [naming, setNaming] = useState<Channel | null>(null)
  const [removing, setRemoving] = useState<Channel | null>(null)
  const list = useRef<HTMLOListElement>(null)
  const moved = useRef<{ id: string; step: number } | null>(null)
  const order = items.map((one) => one.id).join()
  useEffect(() => {
    // A row that moves in the page loses the focus; whoever moves it goes on with the same key.
    if (!moved.current) return
    const { id, step } = moved.current
    moved.current = null
    list.current?.querySelector<HTMLElement>(`[data-channel="${id}"] [data-step="${step}"]`)?.focus()
  }, [order])

  const attempt = async (act: () => Promise<unknown>) => {
    try {
      await act()
    } catch (error) {
      tell(refusalOf(error, t), 'breach')
    }
  }
  const move = (channel: Channel, step: number) => {
    const to = items.indexOf(channel) + step
    if (to < 0 || to >= items.length) return
    moved.current = { id: channel.id, step }
    void attempt(async () => {
      await changeChannel(channel.id, { position: to })
      tell(t('channels.moved', { name: channel.label, place: to + 1 }))
    })
  }
  const own = (channel: Channel) => channel.device !== null && channel.device === browser?.device
  const remove = async (channel: Channel) => {
    await removeChannel(channel.id)
    if (own(channel)) await unsubscribe()
    const { address } = channel
    const back = address !== null ? () => void attempt(() => restoreChannel({ ...channel, address }, i18n.language)) : own(channel) ? enable.run : null
    tell(t('channels.removed', { name: channel.label }), 'done', back && { label: t('action.undo'), run: back })
  }
  const called = items.some((one) => one.enabled)
  return (
    <>
      <h2 className="with-button">
        {t('channels.title')}
        {gateways.length > 0 && <button className="button" disabled={items.length >= MOST} onClick={() => setAdding(true)}><Plus size={15} /> {t('channels.add')}</button>}
      </h2>
      <p className="secondary">{t('channels.text')} {items.length >= MOST && t('channels.most', { count: MOST })}</p>
      {stale !== null && <StaleNote since={stale} onRetry={onRetry} />}
      {!called && <p className="channels-none"><TriangleAlert size={17} /> <span><b>{t('channels.none')}</b> {t('channels.noneText')}</span></p>}
      <ThisBrowser channels={items} enable={enable} />
      {items.length === 0 ? <Empty icon={<BellOff size={24} strokeWidth={1.5} />} title={t('channels.empty')} /> : (
        <ol className="rows channel-rows" ref={list}>
          {items.map((one, index) => (
            <ChannelRow key={one.id} channel={one} index={index} last={index === items.length - 1} here={own(one)}
              first={items.findIndex((other) => other.enabled) === index} onMove={(step) => move(one, step)} onName={() => setNaming(one)}
              onEnable={() => void attempt(() => (own(one) && !one.enabled ? enable.anew(one) : changeChannel(one.id, { enabled: !one.enabled })))}
              onRemove={() => (one.gateway === WEBPUSH && !own(one) ? setRemoving(one) : void attempt(() => remove(one)))} />
          ))}
        </ol>
      )}
      {adding && <AddressDialog gateways={gateways} onClose={() => setAdding(false)} />}
      {naming && <NameDialog channel={naming} onClose={() => setNaming(null)} />}
      {removing && (
        <Confirm grave title={t('channels.removeOf', { name: removing.label })} text={t('channels.removeText')} yes={t('channels.remove')}
          onYes={async () => {
            await remove(removing)
            setRemoving(null)
          }} refused={(error) => refusalOf(error, t)} onClose={() => setRemoving(null)} />
      )}
    </>
  )
}

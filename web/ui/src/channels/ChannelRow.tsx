// One channel: its place in the order, how it fared last, a test of it, what can be done with it.
import { ArrowDown, ArrowUp, AtSign, CircleCheck, Ellipsis, MessageSquare, Pencil, Power, Send, Smartphone, Trash2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { testChannel, WEBPUSH, type Channel, type Tested } from '../api/channels'
import { Menu, MenuItem } from '../controls/Menu'
import { moment } from '../time/format'
import { answerOf, hasEnded, refusalOf, remedyOf } from './said'

interface Props {
  channel: Channel
  index: number
  last: boolean
  /** The first that is switched on. */
  first: boolean
  /** This browser. */
  here: boolean
  onMove: (step: number) => void
  onName: () => void
  onEnable: () => void
  onRemove: () => void
}

type Outcome = { good: boolean; text: string; remedy: string }

export function ChannelRow({ channel, index, last, first, here, onMove, onName, onEnable, onRemove }: Props) {
  const { t } = useTranslation()
  const [testing, setTesting] = useState(false)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const { label: name } = channel
  const test = async () => {
    setTesting(true)
    setOutcome(null)
    try {
      const tested: Tested = await testChannel(channel.id)
      setOutcome({ good: tested.state === 'sent', text: answerOf(tested, t), remedy: remedyOf(channel, tested, t) })
    } catch (error) {
      setOutcome({ good: false, text: refusalOf(error, t), remedy: '' })
    } finally {
      setTesting(false)
    }
  }
  const Icon = channel.gateway === WEBPUSH ? Smartphone : /.@./.test(channel.address ?? '') ? AtSign : MessageSquare
  return (
    <li className="row channel-row" data-channel={channel.id} data-enabled={channel.enabled} data-gateway={channel.gateway}>
      <span className="channel-place" aria-label={t('channels.place', { place: index + 1 })}>{index + 1}</span>
      <Icon size={18} strokeWidth={1.6} aria-hidden="true" />
      <span className="row-text">
        <b>
          {name} {here && <span className="badge running">{t('channels.here')}</span>}{' '}
          {!channel.enabled ? <span className="badge">{t('channels.paused')}</span> : first && <span className="badge acknowledged">{t('channels.first')}</span>}
        </b>
        <span className="secondary">{[channel.gateway === WEBPUSH ? t('channels.webpush') : channel.gateway, channel.address !== name && channel.address, fared(channel)].filter(Boolean).join(' · ')}</span>
        {channel.last_error && !outcome && <span className="channel-error"><TriangleAlert size={14} aria-hidden="true" /> {hasEnded(channel) ? t('channels.ended') : t('channels.lastError', { error: channel.last_error })}</span>}
      </span>
      <span className="channel-acts">
        <button className="button icon" data-step="-1" aria-disabled={index === 0} aria-label={t('channels.up', { name })} onClick={() => onMove(-1)}><ArrowUp size={16} /></button>
        <button className="button icon" data-step="1" aria-disabled={last} aria-label={t('channels.down', { name })} onClick={() => onMove(1)}><ArrowDown size={16} /></button>
        <button className="button" disabled={testing} aria-label={t('channels.testOf', { name })} onClick={() => void test()}><Send size={15} /> {t(testing ? 'channels.testing' : 'channels.test')}</button>
        <Menu align="end" trigger={<button className="button icon" aria-label={t('channels.more', { name })}><Ellipsis size={16} /></button>}>
          <MenuItem icon={<Pencil size={15} />} onSelect={onName}>{t('channels.rename')}…</MenuItem>
          <MenuItem icon={<Power size={15} />} onSelect={onEnable}>{t(channel.enabled ? 'channels.pause' : 'channels.resume')}</MenuItem>
          <MenuItem icon={<Trash2 size={15} />} onSelect={onRemove}>{t('channels.remove')}</MenuItem>
        </Menu>
      </span>
      <span className="channel-outcome" role="status" data-good={outcome?.good}>
        {outcome && (
          <>
            {outcome.good ? <CircleCheck size={16} /> : <TriangleAlert size={16} />}
            <span>{outcome.text} {outcome.remedy && <span className="secondary">{outcome.remedy}</span>}</span>
          </>
        )}
      </span>
    </li>
  )

  function fared({ tested_at, tested_ok }: Channel): string {
    if (!tested_at) return t('channels.untested')
    return t(tested_ok ? 'channels.testedOk' : 'channels.testedBad', { time: moment(tested_at, false) })
  }
}

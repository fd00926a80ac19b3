// The moment as a button, and behind it the ways to another: typing it, a day of the last ones, an hour.
import { CalendarClock } from 'lucide-react'
import * as Popover from '@radix-ui/react-popover'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { clock, date, day, dayStart, fineClock, moment, weekday } from '../time/format'
import { serverClock } from '../time/serverClock'
import type { Playback } from './player/playback'
import { momentOf, onDay } from './timeEntry'
import { DAY, HOUR } from './timeline/scale'

/** Buttons for the last days; any day beside them by the calendar. */
const DAYS = 6

export function JumpTo({ playback, open, onOpen, onJump }: { playback: Playback; open: boolean; onOpen: (open: boolean) => void; onJump: (at: number) => void }) {
  const { t } = useTranslation()
  return (
    <Popover.Root open={open} onOpenChange={onOpen}>
      <Popover.Trigger asChild>
        <button className="button jump" aria-label={t('seek.open')}>
          <CalendarClock size={15} /> <Shown playback={playback} /> <kbd>G</kbd>
        </button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className="menu jump-menu" role="dialog" aria-label={t('seek.open')} sideOffset={6} collisionPadding={8} align="start"
          onCloseAutoFocus={(event) => event.preventDefault()} onMouseDown={(event) => event.stopPropagation()}>
          <Entry at={playback.position()} onJump={(at) => {
            onJump(at)
            onOpen(false)
          }} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** Written straight into the page: it changes with every second that plays. */
function Shown({ playback }: { playback: Playback }) {
  const { t } = useTranslation()
  const text = useRef<HTMLElement>(null)
  useEffect(() => playback.onFrame((at) => {
    const next = `${dayName(at, t('seek.today'), t('seek.yesterday'))} · ${playback.state.get().playing ? clock(at) : fineClock(at)}`
    if (text.current && text.current.textContent !== next) text.current.textContent = next
  }), [playback, t])
  return <b ref={text} className="jump-text" />
}

/** The year, unless it is this one. */
function yearOf(at: number, now: number): string {
  const year = day(at).slice(0, 4)
  return year === day(now).slice(0, 4) ? '' : `/${year}`
}

function dayName(at: number, today: string, yesterday: string): string {
  const now = serverClock.now()
  if (day(at) === day(now)) return today
  return day(at) === day(now - DAY) ? `${yesterday} ${weekday(at).split(' ')[1] ?? ''}` : `${weekday(at)}${yearOf(at, now)}`
}

function Entry({ at, onJump }: { at: number; onJump: (at: number) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const now = serverClock.now()
  const meant = momentOf(text, at, now)
  const ahead = meant !== null && meant > now
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (meant !== null && !ahead) onJump(meant)
  }
  const shownDay = day(at)
  const hours = Math.floor((at - Date.parse(dayStart(shownDay))) / HOUR)
  return (
    <form className="jump-form" onSubmit={submit}>
      <label className="field">
        <span>{t('seek.label')}</span>
        <input className="input" autoFocus autoComplete="off" spellCheck={false} placeholder={t('seek.placeholder')} value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <p className="jump-meant" data-wrong={text.trim() !== '' && (meant === null || ahead)} role="status">
        {text.trim() === '' ? t('seek.examples') : meant === null ? t('seek.wrong') : ahead ? t('seek.ahead', { time: moment(meant) }) : (
          <button className="button">{t('seek.meant')} <b>{weekday(meant)}{yearOf(meant, now)} · {clock(meant)}</b> <kbd>Enter</kbd></button>
        )}
      </p>
      <div className="jump-days" role="group" aria-label={t('seek.days')}>
        {Array.from({ length: DAYS }, (_, ago) => {
          const that = day(now - ago * DAY)
          const to = Math.min(onDay(that, at), now)
          return (
            <button key={that} type="button" className="button" aria-pressed={that === shownDay} title={date(to)} onClick={() => onJump(to)}>
              {ago === 0 ? t('seek.today') : ago === 1 ? t('seek.yesterday') : weekday(to)}
            </button>
          )
        })}
        <input className="input" type="date" aria-label={t('seek.otherDay')} title={t('seek.otherDay')} value={meant === null ? shownDay : day(meant)} max={day(now)}
          onChange={(event) => event.target.value && setText(event.target.value)} />
      </div>
      <div className="jump-hours" role="group" aria-label={t('seek.hours')}>
        {Array.from({ length: 24 }, (_, hour) => {
          const to = Date.parse(dayStart(shownDay)) + hour * HOUR
          return (
            <button key={hour} type="button" className="button" disabled={to > now} aria-pressed={hour === hours} onClick={() => onJump(to)}>
              {String(hour).padStart(2, '0')}
            </button>
          )
        })}
      </div>
    </form>
  )
}

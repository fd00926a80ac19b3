// The list of keys.
import { use } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { useStore } from '../preferences/store'
import type { Permission } from '../rights/permissions'
import { keysOpen, SessionContext } from './shellState'

interface Key {
  keys: string[]
  text: string
  /** Said only to who may. */
  needs?: Permission
}

const groups: { title: string; needs?: Permission; keys: Key[] }[] = [
  {
    title: 'keys.everywhere',
    keys: [
      { keys: ['?'], text: 'keys.help' },
      { keys: ['/'], text: 'keys.search' },
      { keys: ['M'], text: 'keys.mute' },
      { keys: ['F'], text: 'keys.full' },
      { keys: ['R'], text: 'keys.openRecordings', needs: 'recording.view' },
    ],
  },
  {
    title: 'keys.wall',
    keys: [
      { keys: ['1', '…', '9'], text: 'keys.layouts' },
      { keys: ['A'], text: 'keys.ackGravest', needs: 'alert.ack' },
      { keys: ['C'], text: 'keys.cycle' },
      { keys: ['S'], text: 'keys.spotlight' },
      { keys: ['Esc'], text: 'keys.leave' },
    ],
  },
  {
    title: 'keys.alerts',
    keys: [
      { keys: ['J', '↓'], text: 'keys.next' },
      { keys: ['K', '↑'], text: 'keys.previous' },
      { keys: ['Enter'], text: 'keys.open' },
      { keys: ['A'], text: 'keys.ack', needs: 'alert.ack' },
      { keys: ['R'], text: 'keys.resolve', needs: 'alert.resolve' },
      { keys: ['X'], text: 'keys.pick' },
      { keys: ['→', '←'], text: 'keys.openGroup' },
      { keys: ['Z'], text: 'keys.snooze', needs: 'alert.quiet' },
      { keys: ['Space'], text: 'keys.clip', needs: 'recording.view' },
      { keys: ['V'], text: 'keys.footage', needs: 'recording.view' },
      { keys: ['Esc'], text: 'keys.backToList' },
    ],
  },
  {
    title: 'keys.recordings',
    needs: 'recording.view',
    keys: [
      { keys: ['Space'], text: 'keys.play' },
      { keys: ['J', 'K', 'L'], text: 'keys.jkl' },
      { keys: ['←', '→'], text: 'keys.tenSeconds' },
      { keys: [',', '.'], text: 'keys.frame' },
      { keys: ['[', ']'], text: 'keys.nearAlerts' },
      { keys: ['Home', 'End'], text: 'keys.homeEnd' },
      { keys: ['G'], text: 'keys.goTo' },
      { keys: ['I', 'O', 'Esc'], text: 'keys.marks' },
      { keys: ['H'], text: 'keys.hold', needs: 'recording.hold' },
      { keys: ['+', '−'], text: 'keys.zoom' },
      { keys: ['1', '2', '4'], text: 'keys.pictures' },
      { keys: ['C'], text: 'keys.cameras' },
    ],
  },
  {
    title: 'rosterKeys.title',
    needs: 'duty.view',
    keys: [
      { keys: ['←', '↑', '→', '↓'], text: 'rosterKeys.shifts' },
      { keys: ['Enter'], text: 'rosterKeys.open' },
      { keys: ['Del'], text: 'rosterKeys.remove', needs: 'duty.manage' },
      { keys: ['N'], text: 'rosterKeys.add', needs: 'duty.manage' },
      { keys: ['Shift', '←', '→'], text: 'rosterKeys.weeks' },
      { keys: ['T'], text: 'rosterKeys.today' },
    ],
  },
  { title: 'keys.users', needs: 'user.manage', keys: [{ keys: ['N'], text: 'keys.addUser' }] },
  {
    title: 'keys.camera',
    keys: [
      { keys: ['[', ']'], text: 'keys.neighbours' },
      { keys: ['Z'], text: 'keys.zones' },
      { keys: ['B'], text: 'keys.boxes' },
      { keys: ['S'], text: 'keys.snapshot' },
      { keys: ['E'], text: 'keys.editZones', needs: 'camera.configure' },
      { keys: ['O'], text: 'rooms.keyOpen', needs: 'room.open' },
    ],
  },
  {
    title: 'keys.editor',
    needs: 'camera.configure',
    keys: [
      { keys: ['←', '↑', '→', '↓'], text: 'keys.nudge' },
      { keys: ['Shift', '→'], text: 'keys.leap' },
      { keys: ['Del'], text: 'keys.removeCorner' },
      { keys: ['+'], text: 'keys.addCorner' },
      { keys: ['Space'], text: 'keys.putCorner' },
      { keys: ['Enter'], text: 'keys.closeShape' },
      { keys: ['Esc'], text: 'keys.leaveShape' },
      { keys: ['Ctrl', 'Z'], text: 'keys.undoStep' },
      { keys: ['Ctrl', 'Shift', 'Z'], text: 'keys.redoStep' },
      { keys: ['Ctrl', 'S'], text: 'keys.saveZones' },
    ],
  },
]

export function KeysDialog() {
  const { t } = useTranslation()
  const permissions = use(SessionContext)?.user.permissions ?? []
  const may = ({ needs }: { needs?: Permission }) => needs === undefined || permissions.includes(needs)
  return (
    <Dialog open={useStore(keysOpen)} onClose={() => keysOpen.set(false)} title={t('keys.title')} wide>
      <div className="keys">
        {groups.filter(may).map((group) => (
          <section key={group.title}>
            <h3>{t(group.title)}</h3>
            <ul>
              {group.keys.filter(may).map((entry) => (
                <li key={entry.text}>
                  <span>{t(entry.text)}</span>
                  <span>
                    {entry.keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

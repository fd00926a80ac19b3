// The list of keys.
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { useStore } from '../preferences/store'
import { keysOpen } from './shellState'

const groups: { title: string; keys: { keys: string[]; text: string }[] }[] = [
  {
    title: 'keys.everywhere',
    keys: [
      { keys: ['?'], text: 'keys.help' },
      { keys: ['/'], text: 'keys.search' },
      { keys: ['M'], text: 'keys.mute' },
      { keys: ['F'], text: 'keys.full' },
      { keys: ['R'], text: 'keys.openRecordings' },
    ],
  },
  {
    title: 'keys.wall',
    keys: [
      { keys: ['1', '…', '9'], text: 'keys.layouts' },
      { keys: ['A'], text: 'keys.ackGravest' },
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
      { keys: ['A'], text: 'keys.ack' },
      { keys: ['R'], text: 'keys.resolve' },
      { keys: ['V'], text: 'keys.footage' },
    ],
  },
  {
    title: 'keys.recordings',
    keys: [
      { keys: ['Space'], text: 'keys.play' },
      { keys: ['J', 'K', 'L'], text: 'keys.jkl' },
      { keys: ['←', '→'], text: 'keys.tenSeconds' },
      { keys: [',', '.'], text: 'keys.frame' },
      { keys: ['[', ']'], text: 'keys.nearAlerts' },
      { keys: ['Home', 'End'], text: 'keys.homeEnd' },
      { keys: ['G'], text: 'keys.goTo' },
      { keys: ['I', 'O', 'Esc'], text: 'keys.marks' },
      { keys: ['H'], text: 'keys.hold' },
      { keys: ['+', '−'], text: 'keys.zoom' },
      { keys: ['1', '2', '4'], text: 'keys.pictures' },
      { keys: ['C'], text: 'keys.cameras' },
    ],
  },
  {
    title: 'keys.camera',
    keys: [
      { keys: ['[', ']'], text: 'keys.neighbours' },
      { keys: ['Z'], text: 'keys.zones' },
      { keys: ['B'], text: 'keys.boxes' },
      { keys: ['S'], text: 'keys.snapshot' },
      { keys: ['E'], text: 'keys.editZones' },
      { keys: ['O'], text: 'rooms.keyOpen' },
    ],
  },
  {
    title: 'keys.editor',
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
  return (
    <Dialog open={useStore(keysOpen)} onClose={() => keysOpen.set(false)} title={t('keys.title')} wide>
      <div className="keys">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{t(group.title)}</h3>
            <ul>
              {group.keys.map((entry) => (
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

// What is done to the roster, with what is told after it: each has a way back.
import type { TFunction } from 'i18next'
import { tell } from '../controls/toasts'
import { asAsked } from './draft'
import { csvOf } from './files'
import { addShift, changeShift, importShifts, removeShift } from './queries'
import { refusal, faultText, turn } from './said'
import type { Shift, ShiftAsked } from './types'

const span = ({ start, end }: ShiftAsked) => turn(Date.parse(start), Date.parse(end))

/** Throws what was refused; a refused way back is told. */
function back(t: TFunction, run: () => Promise<unknown>) {
  return { label: t('action.undo'), run: () => void run().catch((error: unknown) => tell(refusal(error, t), 'breach')) }
}

/** Several are added together or not at all: what stands against it is said of the first. */
export async function add(asked: readonly ShiftAsked[], t: TFunction): Promise<void> {
  const [one] = asked
  if (!one) return
  if (asked.length === 1) {
    const made = await addShift(one)
    tell(t('shift.added', { name: one.user, time: span(one) }), 'done', back(t, () => removeShift(made.id)))
    return
  }
  const { added, unchanged, problems } = await importShifts(csvOf(asked), false)
  const [first] = problems
  if (first) {
    const which = asked[(first.row ?? 2) - 2] ?? one
    throw new Refused(t('shift.noneAdded', { time: span(which), what: faultText(first, t), count: asked.length }))
  }
  tell(unchanged > 0 ? t('shift.addedSome', { added, unchanged }) : t('shift.addedMany', { count: added }))
}

/** Said already. */
export class Refused extends Error {}

export async function change(shift: Shift, asked: ShiftAsked, t: TFunction): Promise<void> {
  await changeShift(shift.id, asked)
  tell(t('shift.changed', { name: asked.user, time: span(asked) }), 'done', back(t, () => changeShift(shift.id, asAsked(shift))))
}

export async function remove(shift: Shift, t: TFunction): Promise<void> {
  try {
    await removeShift(shift.id)
    tell(t('shift.removed', { name: shift.user, time: span(shift) }), 'done', back(t, () => addShift(asAsked(shift))))
  } catch (error) {
    tell(refusal(error, t), 'breach')
  }
}

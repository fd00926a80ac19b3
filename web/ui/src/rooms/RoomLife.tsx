// Beside every page: asks which rooms are open, and has the dialog that opens one.
import { useEffect } from 'react'
import { usePermission } from '../shell/shellState'
import { askedRoom } from './asking'
import { OpenDialog } from './OpenDialog'
import { forgetAll, onDoubt, settle } from './openings'
import { readAgain, useInForce } from './queries'

export function RoomLife() {
  const [opens, oversees] = [usePermission('room.open'), usePermission('room.oversee')]
  const { data } = useInForce(opens || oversees)
  useEffect(() => onDoubt(readAgain), [])
  useEffect(() => () => {
    forgetAll()
    askedRoom.set(null)
  }, [])
  useEffect(() => {
    if (data) settle(data.items, data.sentAt, data.sentAtWall)
  }, [data])
  return <OpenDialog />
}

// A time that moves on: for clocks and ages, not for frames.
import { useEffect, useState } from 'react'
import { serverClock } from '../time/serverClock'

export function useNow(everyMs = 1000): number {
  const [now, setNow] = useState(() => serverClock.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(serverClock.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

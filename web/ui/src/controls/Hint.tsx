// A word that appears beside what the pointer or the focus is on.
import * as Radix from '@radix-ui/react-tooltip'
import type { ReactNode } from 'react'

export const HintProvider = Radix.Provider

export function Hint(props: { text: ReactNode; children: ReactNode; side?: 'top' | 'right' | 'bottom' | 'left' }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{props.children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="tooltip" side={props.side ?? 'bottom'} sideOffset={6} collisionPadding={8}>
          {props.text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

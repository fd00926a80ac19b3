// A word that appears beside what the pointer or the focus is on.
import * as Radix from '@radix-ui/react-tooltip'
import { useRef, useState, type ReactNode } from 'react'

export const HintProvider = Radix.Provider

interface Props {
  text: ReactNode
  children: ReactNode
  side?: 'top' | 'right' | 'bottom' | 'left'
}

function Word({ text, side = 'bottom' }: { text: ReactNode; side: Props['side'] | undefined }) {
  return (
    <Radix.Portal>
      <Radix.Content className="tooltip" side={side} sideOffset={6} collisionPadding={8}>
        {text}
      </Radix.Content>
    </Radix.Portal>
  )
}

export function Hint(props: Props) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{props.children}</Radix.Trigger>
      <Word text={props.text} side={props.side} />
    </Radix.Root>
  )
}

/** Beside what does nothing when it is touched: a touch shows the word, one elsewhere takes it away. */
export function TouchHint(props: Props) {
  const [open, setOpen] = useState(false)
  const touched = useRef(false)
  return (
    <Radix.Root open={open} onOpenChange={setOpen}>
      <Radix.Trigger asChild
        onPointerDown={(event) => {
          touched.current = event.pointerType === 'touch'
        }}
        onClick={(event) => {
          if (!touched.current) return
          event.preventDefault() // what would close it
          setOpen(true)
        }}>
        {props.children}
      </Radix.Trigger>
      <Word text={props.text} side={props.side} />
    </Radix.Root>
  )
}

// Menus: a button that opens choices, actions or links.
import * as Radix from '@radix-ui/react-dropdown-menu'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'

export function Menu(props: { trigger: ReactNode; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{props.trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" align={props.align ?? 'start'} sideOffset={6} collisionPadding={8}>
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export function MenuItem(props: { icon?: ReactNode; trail?: ReactNode; onSelect: () => void; children: ReactNode; disabled?: boolean }) {
  return (
    <Radix.Item className="menu-item" onSelect={props.onSelect} disabled={props.disabled ?? false}>
      {props.icon}
      <span>{props.children}</span>
      {props.trail && <span className="trail">{props.trail}</span>}
    </Radix.Item>
  )
}

export function MenuChoices<T extends string>(props: {
  label?: string
  value: T
  onChoose: (value: T) => void
  choices: readonly { value: T; label: string; trail?: ReactNode }[]
}) {
  return (
    <Radix.RadioGroup value={props.value} onValueChange={(value) => props.onChoose(value as T)}>
      {props.label && <Radix.Label className="menu-label">{props.label}</Radix.Label>}
      {props.choices.map((choice) => (
        <Radix.RadioItem key={choice.value} className="menu-item" value={choice.value}>
          <span className="menu-check">
            <Radix.ItemIndicator>
              <Check size={14} />
            </Radix.ItemIndicator>
          </span>
          <span>{choice.label}</span>
          {choice.trail !== undefined && <span className="trail">{choice.trail}</span>}
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}

export const MenuLine = () => <Radix.Separator className="menu-line" />

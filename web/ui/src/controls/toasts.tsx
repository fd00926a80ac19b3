// Short notices that go by themselves: what one did, and what did not work.
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { Store, useStore } from '../preferences/store'

interface Toast {
  id: number
  kind: 'done' | 'breach'
  text: string
}

const toasts = new Store<Toast[]>([])
let nextId = 1

export function tell(text: string, kind: Toast['kind'] = 'done'): void {
  const id = nextId++
  toasts.set([...toasts.get().slice(-2), { id, kind, text }])
  setTimeout(() => toasts.set(toasts.get().filter((toast) => toast.id !== id)), kind === 'done' ? 4000 : 9000)
}

export function Toasts() {
  const list = useStore(toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map((toast) => (
        <div key={toast.id} className={`toast ${toast.kind}`}>
          {toast.kind === 'done' ? <CircleCheck size={17} /> : <TriangleAlert size={17} />}
          <span>{toast.text}</span>
        </div>
      ))}
    </div>
  )
}

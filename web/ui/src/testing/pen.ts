// A canvas context for tests that writes down what is drawn, and in which style. No part of the page.

export interface Stroke {
  what: string
  args: readonly unknown[]
  style: Record<string, unknown>
}

export interface Text {
  text: string
  x: number
  y: number
}

export function penOf() {
  const strokes: Stroke[] = []
  const style: Record<string, unknown> = { globalAlpha: 1 }
  const context = new Proxy(style, {
    get: (held, name: string) => held[name] ?? ((...args: unknown[]) => {
      strokes.push({ what: name, args, style: { ...held } })
      return name === 'measureText' ? { width: 7 * String(args[0]).length } : undefined
    }),
    set: (held, name: string, value) => {
      held[name] = value
      return true
    },
  }) as unknown as CanvasRenderingContext2D
  const said = (): Text[] => strokes.filter(({ what }) => what === 'fillText')
    .map(({ args: [text, x, y] }) => ({ text: String(text), x: Number(x), y: Number(y) }))
  return { context, strokes, said }
}

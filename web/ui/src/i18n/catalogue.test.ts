// The catalogue is whole: both languages say the same things, everything used is there, nothing there is unused.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { GAP_REASONS } from '../api/types'
import { PERMISSIONS } from '../rights/permissions'
import { en, vi } from './catalogue'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`))
}
const base = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '')
const keysOf = (tree: Tree) => new Set(flat(tree).map(([key]) => base(key)))
const variables = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map((match) => match[1]).sort().join()

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sources(path)
    return /\.tsx?$/.test(entry.name) && !entry.name.includes('.test.') ? [readFileSync(path, 'utf8')] : []
  })
}

const source = sources(join(process.cwd(), 'src')).join('\n')
const all = keysOf(vi)
const groups = new Set([...all].map((key) => key.split('.')[0]))
const dynamic = new Set([
  ...[...source.matchAll(/\bt\(`(\w+)\.\$\{/g)].map((match) => match[1]),
  ...[...source.matchAll(/\bword\('(\w+)'/g)].map((match) => match[1]),
])
const literal = new Set([...source.matchAll(/['"`]([a-z]\w*\.\w+)['"`]/g)].map((match) => match[1] ?? ''))

describe('catalogue', () => {
  it('has the same keys in both languages', () => {
    expect([...keysOf(en)].sort()).toEqual([...all].sort())
  })
  it('fills the same places in both languages', () => {
    const english = flat(en).map(([key, text]) => [base(key), variables(text)] as const)
    const vietnamese = new Map(flat(vi).map(([key, text]) => [base(key), variables(text)]))
    expect(english.filter(([key, names]) => vietnamese.get(key) !== names)).toEqual([])
  })
  it('leaves nothing empty', () => {
    expect([...flat(vi), ...flat(en)].filter(([, text]) => text.trim() === '')).toEqual([])
  })
  it('has every key that is used', () => {
    const used = [...literal].filter((key) => groups.has(key.split('.')[0] ?? '') && !key.endsWith('.tsx'))
    // Names of events and permissions look like keys.
    const others = new Set(['camera.state', 'quiet.changed', 'duty.changed', ...PERMISSIONS])
    expect(used.filter((key) => !all.has(key) && !others.has(key))).toEqual([])
    expect([...dynamic].filter((group) => !groups.has(group ?? ''))).toEqual([])
  })
  it('has a word for each reason of a gap', () => {
    expect(GAP_REASONS.filter((reason) => !(reason in vi.reason) || !(reason in en.reason))).toEqual([])
  })
  it('has no key that is never used', () => {
    expect([...all].filter((key) => !literal.has(key) && !dynamic.has(key.split('.')[0]))).toEqual([])
  })
  it('is written in Vietnamese first: no English word slipped through', () => {
    const same = new Map(flat(en))
    const allowed = new Set(['nav.camera', 'keys.camera', 'alerts.camera', 'filter.camera', 'hold.cameras', 'auditDetail.camera', 'transport.webcodecs', 'transport.mse'])
    expect(flat(vi).filter(([key, text]) => same.get(key) === text && !allowed.has(key) && /[a-z]{2}/.test(text.replace(/{{\w+}}/g, '')))).toEqual([])
  })
})

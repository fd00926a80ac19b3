// What there is to permit: all that the service names, each with a word, and whose it is.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import i18n, { hasWord } from '../i18n'
import { holdersOf, inOrder, PERMISSIONS, permissionWord, ROLES } from './permissions'

const source = readFileSync(join(process.cwd(), '..', 'accounts', 'roles.py'), 'utf8')
const named = (pattern: RegExp) => [...(pattern.exec(source)?.[1] ?? '').matchAll(/"([a-z_.]+)"/g)].map((match) => match[1] ?? '')

describe('permissions', () => {
  it('has each that the service has', () => {
    const theirs = named(/Permission = Literal\[([^\]]*)\]/)
    expect(theirs.length).toBeGreaterThan(5)
    expect(theirs.filter((one) => !(PERMISSIONS as string[]).includes(one))).toEqual([])
  })
  it('has each role that the service has', () => expect([...source.matchAll(/^ {4}"([a-z_]+)": /gm)].map((match) => match[1])).toEqual([...ROLES]))
  it('has a word for each, and for each role in every form', () => {
    expect(PERMISSIONS.filter((one) => !hasWord('permission', one))).toEqual([])
    expect(ROLES.filter((role) => !['role', 'rolePlural', 'roleText'].every((group) => hasWord(group, role)))).toEqual([])
  })
  it('says whose it is, in the language of the page', async () => {
    expect(holdersOf('camera.configure')).toBe('quản trị và trưởng khu')
    await i18n.changeLanguage('en')
    expect(holdersOf('alert.ack')).toBe('administrators, supervisors, duty officers, and site leads')
    expect(permissionWord('camera.view')).toBe('Watch cameras live')
    await i18n.changeLanguage('vi')
  })
  it('puts what it does not know last', () => expect(inOrder(['light.switch', 'user.manage', 'camera.view'])).toEqual(['camera.view', 'user.manage', 'light.switch']))
})

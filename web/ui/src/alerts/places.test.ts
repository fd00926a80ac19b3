// Where an alert of a whole site, or of the service itself, is.
import { expect, it } from 'vitest'
import i18n from '../i18n'
import { isOfSite, liveOf, nodeName } from './places'

it('files a canary under its site, and that of all under no place to look at', () => {
  const ofSite = { kind: 'canary', site: 's1', camera: 'c1' }
  expect([isOfSite(ofSite), liveOf(ofSite)]).toEqual([true, '/wall?site=s1'])
  const ofAll = { kind: 'canary', site: null, camera: null, node: '_web' }
  expect([isOfSite(ofAll), liveOf(ofAll)]).toEqual([false, null])
})

it('has a name for the service itself', () => {
  expect([nodeName(i18n.t, '_web'), nodeName(i18n.t, 'local')]).toEqual(['Máy chủ trung tâm', 'Máy ghi local'])
})

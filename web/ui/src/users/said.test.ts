// What a browser calls itself, in words.
import { describe, expect, it } from 'vitest'
import '../i18n'
import { deviceOf } from './said'

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

describe('deviceOf', () => {
  it.each([
    [WINDOWS, 'Chrome · Windows'],
    [`${WINDOWS} Edg/140.0.0.0`, 'Edge · Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox · Linux'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1', 'Safari · iPhone'],
    ['Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', 'Chrome · Android'],
    ['python-httpx/0.28.1', 'python-httpx'],
    ['', ''],
    [null, ''],
  ])('%s', (agent, words) => expect(deviceOf(agent)).toBe(words))
})

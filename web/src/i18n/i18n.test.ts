import { afterEach, describe, expect, it } from 'vitest'
import { formatList, language, lookUp, preferred, setLanguage, t, tn } from '.'

afterEach(() => setLanguage('en'))

describe('languages', () => {
  it.each([
    [['zh-CN', 'en'], 'zh'],
    [['fr', 'zh-TW'], 'zh'],
    [['en-GB', 'zh'], 'en'],
    [['fr', 'de'], 'en'],
    [[], 'en'],
  ] as const)('a browser that prefers %j reads %s', (tags, expected) => expect(preferred(tags)).toBe(expected))

  it('fills placeholders and plurals', () => {
    expect(t('events.at', { height: 7 })).toBe('height 7')
    expect(tn('events.held', 1)).toBe('1 event held back')
    expect(tn('events.held', 1200)).toBe('1,200 events held back')
    setLanguage('zh')
    expect(language.value).toBe('zh')
    expect(tn('events.held', 1)).toBe('暂存 1 个事件')
    expect(formatList(['a', 'b', 'c'])).toBe('a、b和c')
  })
  it('does not know a key that nobody wrote', () => expect(lookUp('problem.NOVEL')).toBeUndefined())
})

// WCAG 2.2 AA on every page, as far as a program can tell (axe-core), in both languages, both themes, and on a phone.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { openPage } from './world.mjs'

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }
const PHONE = { viewport: { width: 320, height: 720 }, hasTouch: true, isMobile: true }

/** Every page: where it is, what shows that it is there, and what is to be opened on it first. */
const pages = (id) => [
  { path: '/net', shows: '[data-ticket]' },
  { path: '/net', shows: '[data-ticket]', opens: '[data-test="issue"]', then: 'dialog' },
  { path: '/net/tickets/TICKET-001', shows: '[data-step="consume"]', opens: '[data-step="consume"] summary', then: '.signers li' },
  { path: '/ledger', shows: '[data-block]' },
  { path: '/ledger', shows: '[data-test="runs"] summary', opens: '[data-test="runs"] summary', then: '[data-run]' },
  { path: '/ledger/blocks/1', shows: '[data-transaction]' },
  { path: `/ledger/transactions/${id}`, shows: '.proof-verdict' },
  { path: '/verify', shows: '[data-test="idle"]' },
]

/** Looks at every page with axe; `id` is a transaction that there is. */
export async function accessible(browser, { url, folder }, id) {
  const found = new Map()
  for (const locale of ['en-GB', 'zh-CN']) {
    for (const colorScheme of ['light', 'dark']) {
      // One look at each language on a phone is enough: colours do not depend on the width, nor words on the colours.
      const onPhone = (locale === 'en-GB') === (colorScheme === 'light')
      for (const screen of onPhone ? [{}, PHONE] : [{}]) {
        const { page, close } = await openPage(browser, url, { locale, colorScheme, reducedMotion: 'reduce', ...screen })
        for (const one of pages(id)) {
          // Contracts are only there where this test has deployed one.
          if (one.then === '[data-run]' && !folder) continue
          await open(page, url, one)
          const where = `${one.path} (${locale}, ${colorScheme}${screen === PHONE ? ', phone' : ''})`
          for (const fault of await faultsOf(page)) found.set(fault, found.get(fault) ?? where)
        }
        await close()
      }
    }
  }
  assert.deepEqual([...found].map(([fault, where]) => `${where}: ${fault}`), [])
}

async function open(page, url, { path, shows, opens, then }) {
  await page.goto(`${url}${path}`)
  await page.locator(shows).first().waitFor()
  if (opens === undefined) return
  await page.locator(opens).first().click()
  await page.locator(then).first().waitFor()
}

/** Each fault as a sentence: the rule, the element, and what is wrong with it. */
async function faultsOf(page) {
  // The page's own policy forbids scripts from elsewhere; what the debugger evaluates is not the page's.
  await page.evaluate(AXE)
  const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, rules), RULES)
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary?.replaceAll(/\s+/g, ' ')}`))
}

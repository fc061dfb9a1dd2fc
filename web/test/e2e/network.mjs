// Real Chromium against a real network of four validators: the Network page, from the first look to a killed primary.
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { accessible } from './accessible.mjs'
import { federate } from './federation.mjs'
import { federationPage, ledgerPage, savedFile, verifyPage } from './ledger.mjs'
import { noOverflow, openPage, shoot, startBrowser, startNetwork, step, until } from './world.mjs'

const TICKET = 'TICKET-001'
const HOSTILE = '<img src=x onerror=alert(1)>'

const verdict = (page) => page.locator('.verdict-sentence').innerText()
const row = (page, id = TICKET) => page.locator(`[data-ticket="${id}"]`)
const isIn = (page, id, state) => row(page, id).and(page.locator(`[data-state="${state}"]`)).waitFor()
const happened = (page, kind, id = TICKET) => page.locator(`.event[data-type="unisono.ticket.${kind}.v1"][data-subject="${id}"]`).first().waitFor()

async function firstLook(page, base) {
  await page.goto(base)
  await until(() => verdict(page), (text) => text.startsWith('Healthy: 4 of 4, can lose 1'), 'four healthy validators')
  assert.equal(await page.locator('[data-node]').count(), 4)
  assert.equal(await page.locator('[data-node][data-role="primary"]').count(), 1)
  assert.match(await page.title(), /Network/)
  await page.locator('.pill.open').waitFor()
}

async function ticketsLive(page) {
  await page.click('[data-test="seed"]')
  await until(() => page.locator('[data-facet="ALL"] .count').innerText(), (text) => text === '500', 'five hundred tickets', 60_000)
  await row(page).locator('[data-action="validate"]').click()
  await happened(page, 'validated')
  await isIn(page, TICKET, 'VALIDATED')
  await row(page).locator('[data-action="consume"]').click()
  await happened(page, 'consumed')
  await isIn(page, TICKET, 'CONSUMED')
  assert.equal(await row(page).locator('[data-action]').count(), 0)
}

async function secondUseIsRefused(page) {
  const nodes = await page.locator('[data-test="via"] option').evaluateAll((options) => options.map((option) => option.textContent))
  await page.selectOption('[data-test="via"]', { label: nodes[2] })
  await page.click('[data-test="present"]')
  await page.fill('input[name="ticket"]', TICKET)
  await page.click('dialog button[type="submit"]')
  const note = await page.locator('dialog .note.bad').innerText()
  assert.match(note, /The ticket has been consumed/)
  assert.match(note, /ALREADY_CONSUMED/)
  assert.match(note, /Next/)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.selectOption('[data-test="via"]', { index: 0 })
}

async function lifeLine(page, network) {
  await row(page).locator('.ticket-link').click()
  await page.waitForURL(`**/net/tickets/${TICKET}`)
  await page.locator('[data-step="consume"]').waitFor()
  assert.deepEqual(await page.locator('[data-step]').evaluateAll((steps) => steps.map((each) => each.dataset.step)), ['issue', 'validate', 'consume'])
  await page.reload()
  const last = page.locator('[data-step="consume"]')
  await last.locator('summary').click()
  await last.locator('.signers li').first().waitFor()
  assert((await last.locator('.signers li').count()) >= 3, 'a quorum signed')
  assert.match(await last.locator('.certificate').innerText(), /[0-9a-f]{64}/)
  await shoot(page, 'ticket.png', '[data-step]')
  const [download] = await Promise.all([page.waitForEvent('download'), last.locator('a[download]').click()])
  if (network.run) await checkReceipt(page, network, download)
  await page.keyboard.press('Escape')
  await page.waitForURL('**/net')
}

/** The proof that the page hands out holds for a program that knows nothing but the genesis. */
async function checkReceipt(page, { run, url, folder }, download) {
  const [file, genesis] = [join(folder, 'ticket.receipt'), join(folder, 'genesis.json')]
  await download.saveAs(file)
  const answer = await page.request.get(`${url}/api/v1/genesis`)
  await writeFile(genesis, await answer.text())
  const said = JSON.parse(await run('receipt', 'verify', '--genesis', genesis, file, '-o', 'json'))
  assert.equal(said.verified, 1)
  assert.equal(said.receipts[0].outcome, 'APPLIED')
}

async function listing(page) {
  await page.click('[data-facet="CONSUMED"]')
  await until(() => page.locator('[data-ticket]').count(), (count) => count === 1, 'one consumed ticket')
  await page.click('[data-facet="ALL"]')
  await page.fill('[role="search"] input', 'ticket-40')
  await page.keyboard.press('Enter')
  await until(() => page.locator('[data-ticket]').count(), (count) => count === 10, 'ten tickets with 40 in their number')
  await page.fill('[role="search"] input', '')
  await page.keyboard.press('Enter')
  await until(() => page.locator('[data-ticket]').count(), (count) => count === 20, 'the first page')
  await page.locator('.pager button').last().click()
  await row(page, 'TICKET-021').waitFor()
  await page.locator('.pager button').first().click()
  await row(page).waitFor()
}

async function hostileNamesStayText(page) {
  await page.click('[data-test="issue"]')
  await page.fill('input[name="ticket"]', HOSTILE)
  await page.fill('textarea[name="data"]', '{"event":"<script>alert(2)</script>"}')
  await page.click('dialog button[type="submit"]')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await page.fill('[role="search"] input', '<img')
  await page.keyboard.press('Enter')
  await page.getByText(HOSTILE, { exact: true }).first().waitFor()
  assert.equal(await page.locator('main img').count(), 0)
  await page.fill('[role="search"] input', '')
  await page.keyboard.press('Enter')
  await row(page).waitFor()
}

async function pauseHolds(page) {
  await page.click('#events .push')
  await row(page, 'TICKET-002').locator('[data-action="validate"]').click()
  await page.locator('.held').waitFor()
  assert.equal(await page.locator('.event[data-subject="TICKET-002"][data-type$="validated.v1"]').count(), 0)
  await page.click('#events .push')
  await happened(page, 'validated', 'TICKET-002')
}

async function languageAndTheme(page) {
  await page.getByRole('button', { name: '中文 (Chinese)' }).click()
  await until(() => verdict(page), (text) => text.startsWith('正常'), 'the verdict in Chinese')
  await page.getByRole('button', { name: '深色' }).click()
  await page.reload()
  await until(() => verdict(page), (text) => text.startsWith('正常'), 'the language is remembered')
  const seen = await page.evaluate(() => [document.documentElement.lang, getComputedStyle(document.documentElement).colorScheme])
  assert.deepEqual(seen, ['zh-Hans', 'dark'])
  await shoot(page, 'network-zh-dark.png')
  await page.getByRole('button', { name: 'EN（English，英文）' }).click()
  await page.getByRole('button', { name: 'As the system' }).click()
  await until(() => verdict(page), (text) => text.startsWith('Healthy'), 'the verdict in English again')
}

async function keyboardWalk(page) {
  await page.evaluate(() => {
    scrollTo(0, 0)
    document.activeElement?.blur()
  })
  await page.reload()
  await row(page, 'TICKET-002').waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip')
  await page.keyboard.press('Enter')
  await until(() => page.evaluate(() => document.activeElement?.id), (id) => id === 'main', 'the skip link leads to the content')
  const visited = new Set()
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press('Tab')
    const { name, ring } = await page.evaluate(() => {
      const element = document.activeElement
      const style = getComputedStyle(element)
      return { name: element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '', ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 }
    })
    assert(ring, `the focus cannot be seen on "${name}"`)
    visited.add(name)
    if (name === 'Dispute TICKET-002') break
  }
  assert(visited.has('Dispute TICKET-002'), `the keyboard does not reach a ticket's button, only ${[...visited].join(', ')}`)
  await page.keyboard.press('Enter')
  await isIn(page, 'TICKET-002', 'DISPUTED')
}

async function targetsAreLarge(page) {
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, select, summary, input:not([type="radio"]), .rail a, .button')]
      .map((element) => [element.getAttribute('aria-label') ?? element.textContent?.trim(), element.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0 && (box.height < 44 || box.width < 44))
      .map(([name, box]) => `${name}: ${box.width}x${box.height}`),
  )
  assert.deepEqual(small, [])
}

async function primaryDies(page) {
  const primary = await page.locator('[data-node][data-role="primary"]').getAttribute('data-node')
  const line = page.locator(`[data-node="${primary}"]`)
  await line.locator('.danger').click()
  await page.locator('dialog .danger.solid').click()
  await until(() => verdict(page), (text) => text.startsWith('Degraded: 3 of 4'), 'the verdict says that one is missing', 60_000)
  assert.match(await page.locator('.verdict-remark').first().innerText(), new RegExp(primary))
  await row(page, 'TICKET-003').locator('[data-action="validate"]').click()
  await isIn(page, 'TICKET-003', 'VALIDATED')
  await happened(page, 'validated', 'TICKET-003')
  await page.locator('[data-view]').first().waitFor()
  const now = await page.locator('[data-node][data-role="primary"]').getAttribute('data-node')
  assert.notEqual(now, primary)
  await shoot(page, 'network-degraded.png')
  await line.locator('.actions button').first().click()
  await until(() => verdict(page), (text) => text.startsWith('Healthy: 4 of 4'), 'all four are back', 60_000)
}

async function onAPhone(browser, base) {
  for (const locale of ['en-GB', 'zh-CN']) {
    const { page, faults, close } = await openPage(browser, base, { viewport: { width: 320, height: 720 }, locale, hasTouch: true, isMobile: true, deviceScaleFactor: 2 })
    await page.goto(base)
    await row(page).waitFor()
    await noOverflow(page, locale)
    await targetsAreLarge(page)
    if (locale === 'en-GB') await shoot(page, 'phone.png')
    await page.goto(`${base}/net/tickets/${TICKET}`)
    await page.locator('[data-step="consume"] summary').click()
    await page.locator('.signers li').first().waitFor()
    await noOverflow(page, `${locale}, ticket`)
    await page.goto(`${base}/ledger`)
    await page.locator('[data-block]').first().waitFor()
    await noOverflow(page, `${locale}, ledger`)
    await targetsAreLarge(page)
    await page.goto(`${base}/verify`)
    await page.locator('[data-test="idle"]').waitFor()
    await noOverflow(page, `${locale}, verify`)
    await targetsAreLarge(page)
    assert.deepEqual(faults, [])
    await close()
  }
}

/** Tells a story on a network of its own, and leaves nothing running whatever happens. */
async function tell(browser, story, ...args) {
  const network = await startNetwork(...args)
  const { page, faults, close } = await openPage(browser, network.url)
  try {
    await story(page, network)
    await step('nothing broke, nothing left the origin, no policy was violated', () => assert.deepEqual(faults, []))
  } catch (error) {
    const folder = new URL('../../test-results/', import.meta.url).pathname
    await mkdir(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${story.name}.png`), fullPage: true }).catch(() => {})
    console.error(error, ...faults)
    process.exitCode = 1
  } finally {
    await close()
    await network.stop()
  }
}

async function fourHonestOnes(page, network) {
  await step('the verdict comes first', () => firstLook(page, network.url))
  await step('tickets are seeded, validated and consumed, and the stream says so', () => ticketsLive(page))
  await shoot(page, 'network-en-light.png')
  await step('a second use is refused with a reason', () => secondUseIsRefused(page))
  await step('a ticket’s life shows its certificates', () => lifeLine(page, network))
  if (network.folder) {
    const contract = await federate(network)
    await step('routes, news, contracts and candidates are shown, and proved', () => federationPage(page, network, contract))
  }
  const id = await step('the ledger shows its blocks, and proves a transaction in the browser', () => ledgerPage(page, network))
  await step('a receipt is checked, and a changed one refused, without the network', () => verifyPage(page, network, id))
  if (network.folder) await step('the checker in one file agrees with the command line, from a disk', () => savedFile(page, network))
  await step('axe finds nothing on any page, in both languages and themes', () => accessible(page.context().browser(), network, id))
  await page.goto(network.url)
  await step('tickets can be filtered, searched and paged', () => listing(page))
  await step('hostile names stay text', () => hostileNamesStayText(page))
  await step('a paused stream holds its events', () => pauseHolds(page))
  await step('language and colours change and are remembered', () => languageAndTheme(page))
  await step('the keyboard reaches and does everything', () => keyboardWalk(page))
  await step('targets are large enough', () => targetsAreLarge(page))
  await step('a phone of 320 px shows all of it', () => onAPhone(page.context().browser(), network.url))
  await step('the primary is killed, the others go on, it comes back', () => primaryDies(page))
}

async function oneLiar(page, network) {
  await step('a proposer who says two things is named with both, signed', async () => {
    await page.goto(network.url)
    await page.click('[data-test="seed"]')
    await until(() => page.locator('[data-facet="ALL"] .count').innerText(), (text) => text === '500', 'the others agree all the same', 60_000)
    await page.click('[data-facet="ISSUED"]')
    const proof = page.locator('[data-offender="n0"]')
    // A lie shows where two validators that were told different things compare them: some work may pass first.
    const work = () => page.locator('[data-action="validate"]:enabled').first().click()
    await until(() => work().then(() => proof.count()), (count) => count === 1, 'the liar is named', 60_000)
    assert.equal(await proof.locator('.statement').count(), 2)
    assert((await proof.locator('mark').count()) >= 2, 'what differs is marked')
    await until(() => verdict(page), (text) => text.startsWith('Degraded: 4 of 4'), 'the verdict takes it in')
    await page.locator('[data-node="n0"][data-state="accused"]').waitFor()
    await shoot(page, 'liar.png', '#evidence')
  })
}

const browser = await startBrowser()
try {
  await tell(browser, fourHonestOnes)
  if (!process.env.BASE_URL) await tell(browser, oneLiar, '--byzantine', 'n0=equivocate')
} finally {
  await browser.close()
}

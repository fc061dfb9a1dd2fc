// The Ledger page and the checker of proofs, against a real network and then without any.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { noOverflow, openPage, shoot, until } from './world.mjs'

const CORPUS = JSON.parse(readFileSync(new URL('../../../crates/verifier/corpus.json', import.meta.url), 'utf8'))
const proofField = (page) => page.locator('[data-test="proof"] textarea')
const genesisField = (page) => page.locator('[data-test="genesis"] textarea')
const verdict = (page, valid) => page.locator(`.proof-verdict[data-valid="${valid}"]`).waitFor()
const steps = (page, state) => page.locator(`.proof-steps [data-state="${state}"]`).count()

/** From the verdict to a block, to one of its transactions, to the proof of it, checked in the browser. */
export async function ledgerPage(page, { url }) {
  await page.goto(`${url}/ledger`)
  await until(() => page.locator('#ledger-verdict .verdict-sentence').innerText(), (text) => text.startsWith('Sound:'), 'the chain is sound')
  assert.match(await page.title(), /Ledger/)
  const block = page.locator('[data-block]').first()
  await block.waitFor()
  for (const name of ['chains', 'governance', 'registry', 'queues', 'forks']) {
    await until(() => page.locator(`#${name}`).innerText(), (text) => !text.includes('Loading'), `${name} is answered`)
    assert.equal(await page.locator(`#${name} .note.bad`).count(), 0, `${name} has no problem`)
  }
  await page.locator('#chains [data-test="prove"]').first().click()
  await verdict(page, true)
  assert.match(await page.locator('[data-topic="certificate"]').innerText(), /[34] of 4 validators signed/)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
  await shoot(page, 'ledger.png', '#ledger-verdict')
  await page.locator('[data-block] .ticket-link').first().click()
  await page.waitForURL('**/ledger/blocks/*')
  const transaction = page.locator('[data-transaction] a').first()
  await transaction.waitFor()
  const id = await page.locator('[data-transaction]').first().getAttribute('data-transaction')
  await transaction.click()
  await page.waitForURL(`**/ledger/transactions/${id}`)
  await verdict(page, true)
  assert.equal(await steps(page, 'passed'), 7, 'every step holds')
  assert.match(await page.locator('.proof-verdict').innerText(), new RegExp(id))
  await shoot(page, 'proof.png', '.proof-verdict')
  await page.keyboard.press('Escape')
  await page.waitForURL('**/ledger')
  await page.fill('#blocks [role="search"] input', id)
  await page.keyboard.press('Enter')
  await page.waitForURL(`**/ledger/transactions/${id}`)
  await page.keyboard.press('Escape')
  return id
}

/** Routes, news, contracts with their state, events and fuel, and who has which head: each with its proof. */
export async function federationPage(page, { url }, contract) {
  await page.goto(`${url}/ledger`)
  const route = page.locator('[data-route="us-eu"]')
  await until(() => route.innerText(), (text) => text.includes('hub_us') && text.includes('hub_eu'), 'the route names its hubs')
  await proves(page, route.locator('[data-test="prove"]'))
  const updates = page.locator('[data-update]')
  await until(() => updates.count(), (count) => count === 2, 'both hubs told something')
  assert.match(await updates.last().innerText(), /hub_us: storage\.moved\s+from 甲 to 乙/)
  await proves(page, page.locator('#updates [data-test="prove"]'))
  const card = page.locator(`[data-contract="${contract}"]`)
  await card.locator('[data-test="entries"] summary').click()
  await until(() => card.locator('[data-entry="note"]').innerText(), (text) => text.includes('all is well'), 'the contract’s state')
  await proves(page, card.locator('[data-entry="note"] [data-test="prove"]'))
  await card.locator('[data-test="runs"] summary').click()
  const run = card.locator('[data-run="APPLIED"]').first()
  await run.waitFor()
  assert.match(await run.innerText(), /[1-9][\d,]* fuel/)
  assert.match(await run.locator('[data-told="note"]').innerText(), /all is well/)
  assert.match(await card.locator('[data-run="CONTRACT_REFUSED"]').innerText(), /own code: 7/)
  await proves(page, run.locator('[data-test="prove"]'))
  const candidate = page.locator('[data-candidate]')
  await until(() => candidate.first().innerText(), (text) => (text.match(/n\d/g) ?? []).length === 4, 'all four have the same block')
  assert.equal(await page.locator('[data-contested="true"]').count(), 0)
}

async function proves(page, button) {
  await button.click()
  await verdict(page, true)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
}

/** A receipt is checked here, a changed one is not believed, and neither needs the network. */
export async function verifyPage(page, { url }, id) {
  await page.goto(`${url}/verify`)
  await page.locator('[data-test="idle"]').waitFor()
  await page.click('[data-test="from"]')
  await page.fill('input[name="transaction"]', id)
  await page.locator('.verify-fetch button').click()
  await verdict(page, true)
  const receipt = await proofField(page).inputValue()
  await page.context().setOffline(true)
  const { canonical } = JSON.parse(receipt)
  const bytes = Buffer.from(canonical, 'base64')
  bytes[0] ^= 1
  await proofField(page).fill(receipt.replace(canonical, bytes.toString('base64')))
  await verdict(page, false)
  assert.equal(await page.locator('.proof-steps [data-state="failed"]').getAttribute('data-topic'), 'inclusion')
  assert.equal(await page.locator('.proof-verdict .facts').count(), 0, 'nothing unproved is shown')
  await proofField(page).fill(receipt)
  await verdict(page, true)
  await page.context().setOffline(false)
}

/** The page as one file, from the disk, with the network off: the whole corpus ends as on the command line. */
export async function savedFile(page, { url, folder }) {
  await page.goto(`${url}/verify`)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-test="keep"]')])
  assert.equal(download.suggestedFilename(), 'unisono-verify.html')
  const path = join(folder, 'unisono-verify.html')
  await download.saveAs(path)
  const address = pathToFileURL(path).href
  const { page: file, faults, close } = await openPage(page.context().browser(), address, { offline: true })
  await file.goto(address)
  await file.locator('[data-test="idle"]').waitFor()
  for (const { name, request, valid, ends } of CORPUS) await checkCase(file, name, request, valid, ends)
  await noOverflow(file, 'the saved file')
  await file.getByRole('button', { name: '中文 (Chinese)' }).click()
  await file.locator('h1', { hasText: '检查证明' }).waitFor()
  assert.equal(await file.evaluate(() => fetch('https://example.com/').then(() => 'answered', () => 'refused')), 'refused')
  const unexpected = faults.filter((fault) => !fault.includes('example.com'))
  assert.deepEqual(unexpected, [])
  await close()
}

async function checkCase(file, name, { genesis, proof, block }, valid, ends) {
  const clear = file.locator('[data-test="proof"] .quiet')
  if ((await clear.count()) > 0) await clear.click()
  await file.locator('[data-test="idle"]').waitFor()
  await genesisField(file).fill(genesis)
  const buffer = Buffer.from(proof, 'base64')
  // A file with nothing in it is nothing given: there is nothing to judge.
  if (buffer.length === 0) return
  await file.locator('[data-test="proof"] input[type="file"]').setInputFiles({ name: 'proof', mimeType: 'application/octet-stream', buffer })
  if (block !== undefined) await file.fill('input[name="block"]', block)
  const reached = file.locator('.proof-steps li:not([data-state="unreached"])').last()
  await until(() => reached.getAttribute('data-code', { timeout: 1_000 }).catch(() => null), (code) => code === ends, name)
  await verdict(file, valid)
}

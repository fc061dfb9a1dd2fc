// What the browser test stands on: a real network of four, a real browser, and a watch over what must never happen.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

const exec = promisify(execFile)
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable']
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
const IMAGES = new URL('../../../docs/img/', import.meta.url).pathname
const BINARY = process.env.UNISONO ?? process.env.UNISONO_BIN

/** A network of four on free ports, or the one that BASE_URL names. */
export async function startNetwork(...args) {
  if (process.env.BASE_URL) return { url: process.env.BASE_URL, run: null, stop: async () => {} }
  assert(BINARY, 'set UNISONO to the binary, or BASE_URL to a running network')
  const folder = await mkdtemp(join(tmpdir(), 'unisono-e2e-'))
  const dir = join(folder, 'net')
  const run = async (...words) => (await exec(BINARY, [...words, '--dir', dir], { timeout: 120_000, env: { ...process.env, UNISONO_SERVER: undefined } })).stdout
  const stop = async () => {
    await run('net', 'down', '--purge').catch((error) => console.error(String(error.stderr ?? error)))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const said = await run('net', 'up', '--nodes', '4', '--port', '0', '--p2p-port', '0', '--api-port', '0', '-o', 'json', ...args)
    const { dashboard: url } = JSON.parse(said)
    assert(url, `\`net up\` names no dashboard: ${said}`)
    return { url: url.replace(/\/$/, ''), run, folder, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export async function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? BROWSERS.find((path) => existsSync(path))
  assert(executablePath, 'no Chromium found; set CHROMIUM to its path')
  return chromium.launch({ executablePath, args: FLAGS })
}

/** A page that notes everything that must not happen on it. */
export async function openPage(browser, base, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light', acceptDownloads: true, ...options })
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(`error on the page: ${error.stack ?? error}`))
  page.on('dialog', (dialog) => faults.push(`a script opened a dialog: ${dialog.message()}`))
  page.on('console', (message) => {
    // The browser logs every refusal of the API by itself; refusals are part of the test.
    const isRefusal = message.text().startsWith('Failed to load resource') && message.location().url.includes('/api/')
    if (['error', 'warning'].includes(message.type()) && !isRefusal) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== new URL(base).origin && protocol !== 'blob:') faults.push(`a request left the origin: ${request.url()}`)
  })
  await page.exposeFunction('policyViolated', (what) => faults.push(`content security policy: ${what}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => window.policyViolated(`${event.violatedDirective} ${event.blockedURI}`))
  })
  page.setDefaultTimeout(30_000)
  return { page, faults, close: () => context.close() }
}

/** Says what is being done, so that a failure has a place. */
export async function step(name, work) {
  const began = Date.now()
  try {
    const result = await work()
    console.log(`ok   ${name} (${Date.now() - began} ms)`)
    return result
  } catch (error) {
    console.log(`FAIL ${name}`)
    throw error
  }
}

/** Waits until `look` gives something that `is` accepts. */
export async function until(look, is, what, withinMs = 30_000) {
  const deadline = Date.now() + withinMs
  for (;;) {
    const seen = await look()
    if (is(seen)) return seen
    if (Date.now() > deadline) throw new assert.AssertionError({ message: `${what}; last seen: ${JSON.stringify(seen)}` })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

export async function noOverflow(page, where) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
  assert(content <= window, `${where}: the page is ${content} px wide on a screen of ${window} px`)
}

/** A picture for the documents, where SCREENSHOTS=1 asks for them. */
export async function shoot(page, name, at = '#verdict') {
  if (process.env.SCREENSHOTS !== '1') return
  await mkdir(IMAGES, { recursive: true })
  await page.mouse.move(0, 0)
  await page.locator(at).last().evaluate((element) => element.scrollIntoView({ behavior: 'instant' }))
  await page.screenshot({ path: join(IMAGES, name), animations: 'disabled' })
}

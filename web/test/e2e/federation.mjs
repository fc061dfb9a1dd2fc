// A federation at work on the network under test: hubs, a route, news, and a contract that is called well and badly.
import { join } from 'node:path'

/**
 * A module with two functions: `keep` puts its argument under `note`, tells it as an event and answers it, `no` refuses
 * with the code 7.
 */
const NOTEPAD = new URL('../../../crates/cli/src/bench/ledger/notepad.wasm', import.meta.url).pathname

/** Fills the ledger; answers the contract's address. */
export async function federate({ run, folder }) {
  const key = (name) => join(folder, `${name}.key`)
  const signed = async (name, ...words) => JSON.parse(await run(...words, '--key', key(name), '-o', 'json'))
  for (const name of ['us', 'eu', 'alice']) await signed(name, 'registry', 'show')
  await run('registry', 'found', '--hub', `hub_us=${key('us')}:20000`, '--hub', `hub_eu=${key('eu')}:5000`, '--purse', `${key('alice')}:1000`)
  await signed('us', 'queue', 'route', 'us-eu', key('us'), key('eu'), '--latency-ms', '80')
  await signed('us', 'updates', 'tell', 'storage.moved', 'from 甲 to 乙')
  await signed('eu', 'updates', 'tell', 'load', '82 %')
  const { contract } = await signed('alice', 'contract', 'deploy', NOTEPAD)
  await signed('alice', 'contract', 'call', contract, 'keep', 'text:all is well')
  await signed('alice', 'contract', 'call', contract, 'no').catch(() => {})
  return contract
}

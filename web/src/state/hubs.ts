// What hubs call themselves, for lists that name them by their accounts.
import { computed } from 'vue'
import { listHubs } from '../api/ledger'
import { shorten } from '../model/format'
import { useAnswer } from './answer'

/** As many as one answer holds; others are shown by their accounts. */
const HUBS_MAX = 500

/** The name of an account's hub; the account's ends where it is none that is known. */
export function useHubNames(): (account: string) => string {
  const { answer } = useAnswer(() => listHubs({ cursor: null, limit: HUBS_MAX }))
  const names = computed(() => new Map(answer.value?.items.map(({ account, name }) => [account, name])))
  return (account) => names.value.get(account) ?? shorten(account, 6)
}

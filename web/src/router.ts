import { createRouter, createWebHistory } from 'vue-router'
import type { Key } from './i18n'
import NetworkPage from './pages/network/NetworkPage.vue'
import TicketDrawer from './pages/network/TicketDrawer.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** The page's name, in the title and in the rail. */
    page: Key
  }
}

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/net' },
    {
      path: '/net',
      name: 'network',
      component: NetworkPage,
      meta: { page: 'page.network' },
      children: [{ path: 'tickets/:id', name: 'ticket', component: TicketDrawer, props: true }],
    },
    {
      path: '/ledger',
      name: 'ledger',
      component: () => import('./pages/ledger/LedgerPage.vue'),
      meta: { page: 'page.ledger' },
      children: [
        { path: 'blocks/:height', name: 'block', component: () => import('./pages/ledger/BlockDrawer.vue'), props: true },
        { path: 'transactions/:id', name: 'transaction', component: () => import('./pages/ledger/TransactionDrawer.vue'), props: true },
      ],
    },
    { path: '/verify', name: 'verify', component: () => import('./pages/verify/VerifyPage.vue'), meta: { page: 'page.verify' } },
    { path: '/:rest(.*)*', redirect: '/net' },
  ],
})

import { createRouter, createWebHistory } from 'vue-router'
import NetworkPage from './pages/network/NetworkPage.vue'
import TicketDrawer from './pages/network/TicketDrawer.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/net' },
    {
      path: '/net',
      name: 'network',
      component: NetworkPage,
      children: [{ path: 'tickets/:id', name: 'ticket', component: TicketDrawer, props: true }],
    },
    { path: '/:rest(.*)*', redirect: '/net' },
  ],
})

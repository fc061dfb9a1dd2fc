import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { applyTheme } from './state/theme'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/network.css'
import './styles/ticket.css'
import './styles/proof.css'
import './styles/ledger.css'

applyTheme()
createApp(App).use(router).mount('#app')

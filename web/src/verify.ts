// The entry of the page that is one file.
import { createApp } from 'vue'
import VerifyFile from './pages/verify/VerifyFile.vue'
import { applyTheme } from './state/theme'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/parts.css'
import './styles/network.css'
import './styles/ticket.css'
import './styles/proof.css'

applyTheme()
createApp(VerifyFile).mount('#app')

/// <reference types="vitest/config" />
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// In development the page comes from Vite and its data from a running network, or from `npm run mock`.
const backend = process.env['UNISONO_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  build: {
    target: 'es2022',
    // The page is served under `default-src 'self'`: nothing inline, no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: { proxy: { '/api': backend } },
  test: { include: ['src/**/*.test.ts'] },
})

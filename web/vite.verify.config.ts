import { createHash } from 'node:crypto'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/**
 * Puts script and style into the page, and a policy before them that lets in these two and nothing else: the file cannot
 * speak to anybody, whatever it is given.
 */
function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      let page = ''
      let script = ''
      let style = ''
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === 'chunk') script += file.code
        else if (name.endsWith('.css')) style += String(file.source)
        else if (name.endsWith('.html')) page = String(file.source)
        else this.error(`${name} would stand beside the page`)
      }
      script = script.replaceAll('</script', '<\\/script')
      const policy = `default-src 'none'; script-src ${digest(script)} 'wasm-unsafe-eval'; style-src ${digest(style)}; base-uri 'none'; form-action 'none'`
      const bare = page.replaceAll(/\s*<(?:script|link)\b[^>]*>(?:<\/script>)?/g, '')
      const whole = bare
        .replace('<meta charset="utf-8" />', (charset) => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
        .replace('</head>', () => `<style>${style}</style>\n  </head>`)
        .replace('</body>', () => `<script type="module">${script}</script>\n  </body>`)
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === 'asset' && name.endsWith('.html')) file.source = whole
        else Reflect.deleteProperty(bundle, name)
      }
    },
  }
}

// The offline checker, beside the app in `dist/`: one HTML file with everything in it, the verifier too.
export default defineConfig({
  plugins: [vue(), oneFile()],
  define: { __VUE_OPTIONS_API__: false, __VUE_PROD_DEVTOOLS__: false },
  publicDir: false,
  build: {
    target: 'es2022',
    emptyOutDir: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    cssCodeSplit: false,
    modulePreload: false,
    sourcemap: false,
    rollupOptions: { input: 'verify.html' },
  },
})

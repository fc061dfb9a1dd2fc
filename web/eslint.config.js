import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const isUnused = { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }

export default tseslint.config(
  { ignores: ['dist', 'src/api/schema.d.ts', 'test-results'] },
  ...tseslint.configs.strict,
  ...pluginVue.configs['flat/recommended-error'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'eqeqeq': ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-shadow': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': ['error', isUnused],
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/require-explicit-emits': 'error',
      'vue/no-unused-emit-declarations': 'error',
      // How markup is laid out over lines is a matter of reading it, not of a rule.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/html-indent': 'off',
      'vue/require-default-prop': 'off',
    },
  },
)

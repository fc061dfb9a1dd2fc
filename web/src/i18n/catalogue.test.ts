import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { NodeTypes, type ElementNode, type TemplateChildNode } from '@vue/compiler-core'
import { parse } from 'vue/compiler-sfc'
import { describe, expect, it } from 'vitest'
import { en } from './en'
import { zh } from './zh'

const SRC = new URL('..', import.meta.url).pathname
const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(vue|ts)$/.test(name) && !/\.test\.ts$|i18n\/|schema\.d\.ts/.test(name))
const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').toSorted()

describe('the two languages', () => {
  it('have the same keys', () => {
    expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted())
  })
  it.each(Object.keys(en) as (keyof typeof en)[])('%s has text and the same placeholders in both', (key) => {
    expect(en[key].trim()).not.toBe('')
    expect(zh[key].trim()).not.toBe('')
    expect(names(zh[key])).toEqual(names(en[key]))
  })
  it('have a plural beside every singular', () => {
    const singular = Object.keys(en).filter((key) => key.endsWith('.one'))
    for (const key of singular) expect(en).toHaveProperty([key.replace(/one$/, 'other')])
  })
  it('have no text that nobody uses', () => {
    const all = sources.map((name) => readFileSync(join(SRC, name), 'utf8')).join('\n')
    // Keys that are made at run time are found by their beginning.
    const used = (key: string): boolean => {
      if (all.includes(`'${key}'`)) return true
      const parts = key.split('.')
      return parts.some((_, at) => at > 0 && new RegExp(`['"\`]${parts.slice(0, at).join('\\.')}(\\.\\$\\{|')`).test(all))
    }
    expect(Object.keys(en).filter((key) => !used(key))).toEqual([])
  })
})

const SPOKEN = new Set(['aria-label', 'title', 'placeholder', 'alt', 'label'])

function faults(node: TemplateChildNode | ElementNode, where: string): string[] {
  if (node.type === NodeTypes.TEXT) return /\p{L}/u.test(node.content) ? [`${where}: literal text "${node.content.trim()}"`] : []
  if (node.type !== NodeTypes.ELEMENT) return []
  const own = node.props.flatMap((prop) => {
    if (prop.type === NodeTypes.DIRECTIVE) return prop.name === 'html' ? [`${where}: v-html`] : []
    if (prop.name === 'style') return [`${where}: inline style`]
    return SPOKEN.has(prop.name) && /\p{L}/u.test(prop.value?.content ?? '') ? [`${where}: literal ${prop.name}`] : []
  })
  return [...own, ...node.children.flatMap((child) => faults(child, where))]
}

describe('templates', () => {
  const templates = sources.filter((name) => name.endsWith('.vue'))
  it('are found', () => expect(templates.length).toBeGreaterThan(15))
  it.each(templates)('%s holds no literal text, raw HTML or inline style', (name) => {
    const { descriptor, errors } = parse(readFileSync(join(SRC, name), 'utf8'))
    expect(errors).toEqual([])
    expect(descriptor.template?.ast?.children.flatMap((child) => faults(child, name))).toEqual([])
  })
})

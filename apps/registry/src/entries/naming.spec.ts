import { describe, expect, it } from 'vitest';
import { type Naming, exposedNameOf, prefixOf, problemWithName, slugOf } from './naming.js';

describe('a slug', () => {
  it.each([
    ['Weather Desk', 'weather-desk'],
    ['  --Ünïcode  Café!! ', 'unicode-cafe'],
    ['a__b.c', 'a-b-c'],
    ['数学', ''],
    [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
    ['../../etc', 'etc'],
  ])('slugOf turns %j into %j when a gateway has that name', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });
});

const GIT: Naming = { prefix: 'git-', style: 'exact' };
const FORGE: Naming = { prefix: 'git-', style: 'contextforge' };

describe('an exposed name', () => {
  it('exposedNameOf puts the slug and a dash first when the gateway has no prefix of its own', () => {
    expect(prefixOf({ slug: 'git', toolPrefix: null })).toBe('git-');
    expect(prefixOf({ slug: 'git', toolPrefix: '' })).toBe('');
    expect(exposedNameOf('tool', GIT, 'log')).toBe('git-log');
    expect(exposedNameOf('prompt', { ...GIT, prefix: '' }, 'log')).toBe('log');
    expect(exposedNameOf('resource', GIT, 'file:///x')).toBeNull();
  });

  it.each([
    ['get_weather', 'git-get-weather'],
    ['getWeather.v2', 'git-getweather-v2'],
    ['__list--all__', 'git-list-all'],
    ["Don't stop", 'git-dont-stop'],
    ['Straße Ærø', 'git-strasse-aero'],
    ['数学 1', 'git--1'],
  ])('exposedNameOf spells %j as ContextForge does when that is the style', (name, exposed) => {
    expect(exposedNameOf('tool', FORGE, name)).toBe(exposed);
    expect(exposedNameOf('resource', FORGE, 'file:///a_b')).toBeNull();
  });
});

describe('a name that cannot be offered', () => {
  it.each([
    ['tool', ''],
    ['tool', 'a b'],
    ['tool', 'a/b'],
    ['tool', 'a\u200b'],
    ['tool', 'ｆｕｌｌ'],
    ['tool', 'x'.repeat(125)],
    ['prompt', 'a\u202eb'],
    ['prompt', 'a\0'],
    ['resource', 'file:///a\nb'],
    ['template', `x://${'é'.repeat(1024)}`],
  ] as const)('problemWithName refuses the %s %j when an upstream offers it', (kind, name) => {
    expect(problemWithName(kind, name, GIT)).toEqual(expect.any(String));
  });

  it.each([
    ['tool', 'x'.repeat(124)],
    ['tool', 'A.b_c-9'],
    ['prompt', 'Write a résumé'],
    ['resource', 'javascript:alert(1)'],
    ['template', 'file:///{+path}'],
  ] as const)('problemWithName accepts the %s %j when an upstream offers it', (kind, name) => {
    expect(problemWithName(kind, name, GIT)).toBeNull();
  });

  it('problemWithName judges a name as it is spelt when the style changes it', () => {
    expect(problemWithName('tool', 'a b/c', FORGE)).toBeNull();
    expect(problemWithName('tool', '_', FORGE)).toBe('nothing is left of the name');
    expect(problemWithName('tool', '_', GIT)).toBeNull();
  });
});

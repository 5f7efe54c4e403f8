import { describe, expect, it } from 'vitest';
import {
  type Naming,
  exposedNameOf,
  isFitting,
  namingOf,
  prefixOf,
  problemWithName,
  slugFor,
  slugOf,
} from './naming.js';
import { peerKindOf } from './peer-kind.js';

describe('a slug', () => {
  it.each([
    ['Weather Desk', 'weather-desk'],
    ['  --Ünïcode  Café!! ', 'unicode-cafe'],
    ['a__b.c', 'a-b-c'],
    ['数学', 'server-872c1fa1'],
    ['Погода', 'server-4f7637e3'],
    ['Math 数学', 'math'],
    ['!?', ''],
    [`${'a'.repeat(63)} b`, 'a'.repeat(63)],
    ['../../etc', 'etc'],
  ])('slugOf turns %j into %j when a gateway has that name', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });
});

const GIT: Naming = { prefix: 'git-', style: 'exact' };
const FORGE: Naming = { prefix: 'git-', style: 'contextforge' };

describe('an exposed name', () => {
  it.each([
    ['create', 'github-create'],
    ['github-create', 'github-create'],
    ['github_create', 'github_create'],
    ['github--create', 'github--create'],
    ['githubber', 'github-githubber'],
    ['github-', 'github-github-'],
    ['other-github-create', 'github-other-github-create'],
  ])('exposedNameOf makes of %s %s when a peer gateway is called github', (name, exposed) => {
    const peer = {
      slug: 'github',
      toolPrefix: null,
      toolNameStyle: 'exact',
      serverInfo: { name: 'switchyard' },
    } as const;
    expect(exposedNameOf('tool', namingOf(peer), name)).toBe(exposed);
    expect(exposedNameOf('tool', namingOf({ ...peer, toolPrefix: 'github-' }), name)).toBe(`github-${name}`);
    expect(exposedNameOf('tool', namingOf({ ...peer, serverInfo: { name: 'github' } }), name)).toBe(`github-${name}`);
  });

  it('peerKindOf knows a gateway by what it calls itself', () => {
    expect(
      ['switchyard', 'ContextForge', 'MCP_Gateway', 'weather', 'constructor'].map((name) => peerKindOf({ name })),
    ).toEqual(['switchyard', 'contextforge', 'contextforge', null, null]);
    expect(peerKindOf({})).toBeNull();
  });

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
    ['tool', 'a\u200b'],
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
    ['tool', 'a b'],
    ['tool', 'a/b'],
    ['tool', 'ｆｕｌｌ'],
    ['tool', '天気'],
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

describe('a name that is made to fit', () => {
  const FITTED: Naming = { prefix: 'git-', style: 'fitted' };
  const fitted = (name: string) => exposedNameOf('tool', FITTED, name) ?? '';

  it.each(['log', 'x'.repeat(60), 'read_File-2'])('exposedNameOf leaves %j as it is when it fits', (name) => {
    expect(fitted(name)).toBe(`git-${name}`);
  });

  it.each(['repo/read file', 'a.b', '天気', 'x'.repeat(61), 'a'.repeat(2_000), '///', 'ab/'.repeat(40)])(
    'exposedNameOf makes %j fit, by a digest of its own, when models would not take it',
    (name) => {
      expect(isFitting(`git-${name}`)).toBe(false);
      expect(isFitting(fitted(name))).toBe(true);
      expect(fitted(name)).toMatch(/^git-.*_[0-9a-f]{8}$/);
      expect(problemWithName('tool', name, FITTED)).toBeNull();
    },
  );

  it('exposedNameOf gives each its own name when several come down to the same letters', () => {
    const names = ['a/b', 'a b', 'a.b', 'a_b', '天気', '天候'].map(fitted);
    expect(new Set(names).size).toBe(6);
    expect(names[0]).toMatch(/^git-a_b_/);
  });
});

describe('the slug of a gateway', () => {
  it.each([
    [{ name: 'Desk' }, null, 'desk'],
    [{ name: 'Desk', slug: 'own' }, null, 'own'],
    [{ name: 'New' }, { name: 'Desk', slug: 'desk' }, 'new'],
    [{ name: 'New', slug: 'desk' }, { name: 'Desk', slug: 'desk' }, 'new'],
    [{ name: 'New' }, { name: 'Desk', slug: 'own' }, 'own'],
    [{}, { name: 'Desk', slug: 'own' }, 'own'],
    [{ slug: 'other' }, { name: 'Desk', slug: 'own' }, 'other'],
  ])('slugFor takes of %j, after %j, the slug %j when one was asked for or given', (asked, before, slug) => {
    expect(slugFor(asked, before)).toBe(slug);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.js';

const SCRIPT = resolve(import.meta.dirname, '../../../scripts/release.mjs');
const CHANGELOG = `# Changelog

## [Unreleased]

### Added

- A new thing.

## [0.1.0] - 2026-01-01

- The first.
`;

let folder: string;
const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
const release = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { cwd: folder, encoding: 'utf8' });
  return { status, stdout, stderr };
};
const read = (file: string) => readFileSync(join(folder, file), 'utf8');

beforeEach(() => {
  folder = temporaryFolder('release');
  writeFileSync(join(folder, 'CHANGELOG.md'), CHANGELOG);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', version: '0.1.0' }, null, 2));
  const packages = { '': { version: '0.1.0' }, 'node_modules/y': { version: '0.1.0' } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ version: '0.1.0', packages }, null, 2));
  git('init', '--quiet');
  git('config', 'user.email', 'release@example.org');
  git('config', 'user.name', 'release');
  git('add', '.');
  git('commit', '--quiet', '--message', 'first');
  git('tag', 'v0.1.0');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('the release script cuts the changelog, takes the version over, commits and tags', () => {
  expect(release('0.2.0')).toMatchObject({ status: 0 });
  expect(read('CHANGELOG.md')).toMatch(
    /## \[Unreleased\]\n\n## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n### Added\n\n- A new thing\./,
  );
  expect(JSON.parse(read('package.json')).version).toBe('0.2.0');
  expect(JSON.parse(read('package-lock.json'))).toEqual({
    version: '0.2.0',
    packages: { '': { version: '0.2.0' }, 'node_modules/y': { version: '0.1.0' } },
  });
  expect([git('log', '-1', '--format=%s'), git('describe', '--exact-match'), git('status', '--porcelain')]).toEqual([
    'Release 0.2.0',
    'v0.2.0',
    '',
  ]);
  expect(release('--notes', '0.2.0').stdout).toBe('### Added\n\n- A new thing.\n');
  expect(release('--notes', '0.1.0').stdout).toBe('- The first.\n');
});

it.each([
  ['an earlier version', '0.0.9', () => {}, '0.0.9 does not come after 0.1.0'],
  ['a version that is tagged', '0.1.0', () => {}, '0.1.0 does not come after 0.1.0'],
  ['what is no version', 'next', () => {}, 'give a version such as 0.2.0'],
  [
    'a tree with changes',
    '0.2.0',
    () => writeFileSync(join(folder, 'package.json'), '{"version":"0.1.0","changed":true}'),
    'there are changes that are not committed',
  ],
  [
    'a second release of the same changes',
    '0.3.0',
    () => release('0.2.0'),
    'CHANGELOG.md has nothing under "Unreleased"',
  ],
] as const)('the release script refuses %s and leaves everything as it was', (_what, version, prepare, says) => {
  prepare();
  const before = [git('log', '--format=%H'), git('tag'), read('CHANGELOG.md')];
  expect(release(version)).toEqual({ status: 1, stdout: '', stderr: `release: ${says}\n` });
  expect([git('log', '--format=%H'), git('tag'), read('CHANGELOG.md')]).toEqual(before);
});

it('npm run sbom names every package that is locked, and of those in production the hash and licence', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const text = execFileSync('npm', ['run', '-s', 'sbom'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const { components } = JSON.parse(text) as {
    components: {
      name: string;
      version: string;
      hashes?: unknown[];
      licenses?: unknown[];
      properties?: { name: string }[];
    }[];
  };
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean; devOptional?: boolean }>;
  };
  const locked = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`);
  const production = components.filter(
    ({ properties = [] }) => !properties.some(({ name }) => name === 'cdx:npm:package:development'),
  );
  // npm names what is locked in two places once, as development where one of them is.
  const named = new Set(components.map(({ name, version }) => `${name}@${version}`));
  const namedForProduction = new Set(production.map(({ name, version }) => `${name}@${version}`));
  const inDevelopment = new Set(
    Object.entries(packages)
      .filter(([, { dev }]) => dev === true)
      .map(([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${version}`),
  );

  expect(locked.length).toBeGreaterThan(100);
  expect(locked.filter((one) => !named.has(one))).toEqual([]);
  expect(locked.filter((one) => !namedForProduction.has(one) && !inDevelopment.has(one))).toEqual([]);
  expect(production.filter(({ hashes, licenses }) => !hashes?.length || !licenses?.length)).toEqual([]);
  expect(components.length).toBeGreaterThan(production.length);
});

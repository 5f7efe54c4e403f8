import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTlsFiles } from './tls-files.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, name), `text of ${name}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (given: readonly string[], isUsed = true) => {
  const path = (name: string) => (given.includes(name) ? join(folder, name) : null);
  return readTlsFiles(
    { ca: ['X_CA_PATH', path('ca')], cert: ['X_CERT_PATH', path('cert')], key: ['X_KEY_PATH', path('key')] },
    isUsed,
  );
};

it('files for TLS are read where they are given', () => {
  expect(read([])).toEqual({});
  expect(read([], false)).toEqual({});
  expect(read(['ca'])).toEqual({ ca: 'text of ca' });
  expect(read(['ca', 'cert', 'key'])).toEqual({ ca: 'text of ca', cert: 'text of cert', key: 'text of key' });
});

it('files for TLS are refused where they would not be used, or one of a pair is missing', () => {
  expect(() => read(['ca'], false)).toThrow('X_CA_PATH is for TLS, which the URL does not ask for');
  for (const one of ['cert', 'key']) expect(() => read([one])).toThrow('X_CERT_PATH and X_KEY_PATH belong together');
});

it('files for TLS that cannot be read are named', () => {
  const paths = { ca: ['X_CA_PATH', join(folder, 'none')], cert: ['C', null], key: ['K', null] } as const;
  expect(() => readTlsFiles(paths, true)).toThrow('X_CA_PATH: the file cannot be read (ENOENT)');
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptSecrets, refuseWeakSecrets, requireSecrets } from './first-start.js';
import { weaknessOf } from './secret-strength.js';

const NAMES = ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET'];
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the first start', () => {
  it('the first start makes strong secrets that only their owner can read, and finds them again', () => {
    const made = keptSecrets(NAMES, {}, dir);
    expect(Object.keys(made)).toEqual(NAMES);
    for (const secret of Object.values(made)) expect(weaknessOf(secret)).toBeNull();
    expect(new Set(Object.values(made)).size).toBe(2);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
    expect(keptSecrets(NAMES, {}, dir)).toEqual(made);
  });

  it('the first start adds what a later version needs and keeps the rest', () => {
    const made = keptSecrets(['JWT_SECRET_KEY'], {}, dir);
    expect(keptSecrets(NAMES, {}, dir)).toMatchObject(made);
  });

  it('the first start prefers what the environment gives and writes nothing then', () => {
    expect(keptSecrets(['JWT_SECRET_KEY'], { JWT_SECRET_KEY: 'given' }, dir)).toEqual({});
    expect(() => statSync(join(dir, 'secrets.json'))).toThrow('ENOENT');
  });

  it('the first start closes a file that others could read', () => {
    keptSecrets(NAMES, {}, dir);
    chmodSync(join(dir, 'secrets.json'), 0o644);
    keptSecrets(NAMES, {}, dir);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it.each(['{', '[]x', '{"JWT_SECRET_KEY":7}', 'null'])('refuses a damaged file without repeating it: %s', (text) => {
    writeFileSync(join(dir, 'secrets.json'), text);
    expect(() => keptSecrets(NAMES, {}, dir)).toThrow('is damaged');
    expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toBe(text);
  });
});

describe('secrets from the environment', () => {
  it('secrets from the environment are refused all at once, with the reason and never the value', () => {
    const env = { JWT_SECRET_KEY: 'hunter2hunter2', AUTH_ENCRYPTION_SECRET: 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk' };
    let message = '';
    try {
      refuseWeakSecrets(NAMES, env);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain('JWT_SECRET_KEY is too weak: it is shorter than 32 characters');
    expect(message).toContain('AUTH_ENCRYPTION_SECRET is too weak');
    for (const value of Object.values(env)) expect(message).not.toContain(value);
  });

  it('secrets from the environment must all be given where the stores are elsewhere', () => {
    expect(() => requireSecrets(NAMES, { JWT_SECRET_KEY: 'x' })).toThrow('AUTH_ENCRYPTION_SECRET is required');
  });
});

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptSecrets, refuseWeakSecrets, requireSecrets, retireKeptSecrets, rotateKeptSecrets } from './first-start.js';
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

  it.each(['{', '[]x', '{"JWT_SECRET_KEY":7}', 'null'])(
    'the first start refuses a damaged file without repeating it: %s',
    (text) => {
      writeFileSync(join(dir, 'secrets.json'), text);
      expect(() => keptSecrets(NAMES, {}, dir)).toThrow('is damaged');
      expect(readFileSync(join(dir, 'secrets.json'), 'utf8')).toBe(text);
    },
  );
});

describe('rotated secrets', () => {
  const FORMER = { JWT_SECRET_KEY: 'JWT_FORMER', AUTH_ENCRYPTION_SECRET: 'AUTH_FORMER' };
  const read = (env = {}) => keptSecrets(NAMES, env, dir, FORMER);

  it('rotated secrets are new and strong, and the former ones stay beside them until they are retired', () => {
    const first = keptSecrets(NAMES, {}, dir);
    expect(rotateKeptSecrets(FORMER, {}, dir)).toEqual(NAMES);
    const second = read();
    expect(rotateKeptSecrets(FORMER, {}, dir)).toEqual(NAMES);
    const third = read();

    expect(new Set([first, second, third].map(({ JWT_SECRET_KEY }) => JWT_SECRET_KEY)).size).toBe(3);
    expect(weaknessOf(third['JWT_SECRET_KEY'] ?? '')).toBeNull();
    expect(third['JWT_FORMER']).toBe(`${second['JWT_SECRET_KEY']},${first['JWT_SECRET_KEY']}`);
    expect(statSync(join(dir, 'secrets.json')).mode & 0o777).toBe(0o600);

    expect(retireKeptSecrets(FORMER, dir)).toEqual(NAMES);
    expect(read()).toEqual({ ...third, JWT_FORMER: '', AUTH_FORMER: '' });
    expect(retireKeptSecrets(FORMER, dir)).toEqual([]);
  });

  it('rotated secrets are those alone that the environment does not give, and so are their former values', () => {
    keptSecrets(NAMES, {}, dir);
    expect(rotateKeptSecrets(FORMER, { JWT_SECRET_KEY: 'given' }, dir)).toEqual(['AUTH_ENCRYPTION_SECRET']);
    rotateKeptSecrets(FORMER, {}, dir);
    expect(Object.keys(read({ JWT_SECRET_KEY: 'given' }))).toEqual(['AUTH_ENCRYPTION_SECRET', 'AUTH_FORMER']);
    expect(read({ JWT_FORMER: 'given' })).not.toHaveProperty('JWT_FORMER');
  });

  it('rotated secrets do not pile up without end', () => {
    keptSecrets(NAMES, {}, dir);
    for (let times = 0; times < 5; times++) rotateKeptSecrets(FORMER, {}, dir);
    const before = read();
    expect(() => rotateKeptSecrets(FORMER, {}, dir)).toThrow('JWT_FORMER holds 5 values: retire them first');
    expect(read()).toEqual(before);
  });

  it('rotated secrets are none where there are none yet', () => {
    expect(rotateKeptSecrets(FORMER, {}, dir)).toEqual([]);
    expect(() => statSync(join(dir, 'secrets.json'))).toThrow('ENOENT');
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

  it('secrets from the environment must be strong among former values too', () => {
    const strong = 'Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVzIGxvbmch';
    const former = { JWT_SECRET_KEY: 'JWT_FORMER' };
    expect(() => refuseWeakSecrets(NAMES, { JWT_FORMER: strong }, former)).not.toThrow();
    expect(() => refuseWeakSecrets(NAMES, { JWT_FORMER: `${strong}, hunter2` }, former)).toThrow(
      'JWT_FORMER is too weak: it is shorter than 32 characters',
    );
  });

  it('secrets from the environment must all be given where the stores are elsewhere', () => {
    expect(() => requireSecrets(NAMES, { JWT_SECRET_KEY: 'x' })).toThrow('AUTH_ENCRYPTION_SECRET is required');
  });
});

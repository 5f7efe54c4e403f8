import { expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { ingressOptions } from '../ingress.config.js';
import { settingsOf } from '../ingress.settings.js';
import { readCursor, writeCursor } from './cursor.js';
import { Seal } from './seal.js';

const seal = new Seal('one secret');

it('a sealed text opens when the replica has the secret, and tells others nothing', () => {
  const text = seal.close('p', { secret: 'value' });
  expect(new Seal('one secret').open('p', text)).toEqual({ secret: 'value' });
  expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('value');
  expect(new Seal('another').open('p', text)).toBeUndefined();
  expect(seal.open('q', text)).toBeUndefined();
  expect(seal.close('p', { secret: 'value' })).not.toBe(text);
});

it('a sealed text opens when its secret is a former one of the replica, and is sealed with the present one', () => {
  const [before, after] = [new Seal('old', 'older'), new Seal('new', 'old', 'older')];
  expect(after.open('p', before.close('p', 1))).toBe(1);
  expect(after.open('p', new Seal('older').close('p', 1))).toBe(1);
  expect(before.open('p', after.close('p', 1))).toBeUndefined();
  expect(after.open('q', before.close('p', 1))).toBeUndefined();
});

it.each([
  [{ STATE_SECRET: 's', STATE_SECRET_PREVIOUS: 't, u', JWT_SECRET_KEY_PREVIOUS: 'k' }, ['s', 't', 'u']],
  [{ JWT_SECRET_KEY: 'j', JWT_SECRET_KEY_PREVIOUS: 'k', STATE_SECRET_PREVIOUS: 's' }, ['j', 's', 'k']],
])('what seals and what opens follows from the settings %o', (env, secrets) => {
  expect(settingsOf(parseConfig(ingressOptions, env)).sealSecrets).toEqual(secrets);
});

it('a sealed text does not open when any letter is changed', () => {
  const text = seal.close('p', 1);
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'A' ? 'B' : 'A';
    expect(seal.open('p', text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
  }
  for (const bad of ['', 'A', `${text}=`, `${text}A`, text.slice(1), '\u0000'])
    expect(seal.open('p', bad)).toBeUndefined();
});

it('a cursor leads on when its list has changed, and belongs to one caller, list and endpoint', () => {
  const scope = { list: 'tools', serverId: null, principalId: 'ann' } as const;
  const cursor = writeCursor(seal, scope, 2, 'b');
  const read = (names: string[], given: unknown = cursor, as: object = {}) =>
    readCursor(seal, { ...scope, ...as }, given, names.length, (at) => names[at] ?? '');
  expect(read(['a', 'b', 'c'])).toBe(2);
  expect(read(['b', 'c'])).toBe(1);
  expect(read(['a', 'b'])).toBe(2);
  expect(readCursor(seal, scope, undefined, 0, () => '')).toBe(0);
  const INVALID = expect.objectContaining({ code: 'mcp.cursor_invalid' });
  expect(() => read(['a', 'c'])).toThrow(INVALID);
  expect(() => read(['a', 'b'], '')).toThrow(INVALID);
  expect(() => read(['a', 'b'], null)).toThrow(INVALID);
  for (const as of [{ principalId: 'bob' }, { list: 'prompts' }, { serverId: 's' }])
    expect(() => read(['a', 'b'], cursor, as)).toThrow(INVALID);
});

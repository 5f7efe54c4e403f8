import { expect, it } from 'vitest';
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

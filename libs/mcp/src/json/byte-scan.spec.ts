import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanObject } from './byte-scan.js';
import { checkDepth } from './limits.js';
import { type Member, membersOf, valueText } from './members.js';

const DEPTH_MAX = 64;

const space = fc.constantFrom('', '', '', ' ', '\n\t', '\r\n');
const strings = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.boolean())
  .map(([value, isEscaped]) =>
    isEscaped
      ? `"${Array.from({ length: value.length }, (_, at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(value),
  );
const numbers = fc.constantFrom('0', '-0', '1.10', '9007199254740993', '1e400', '-0.1E+2', '12e-7');
const words = fc.constantFrom('true', 'false', 'null');
const { value: values, object: objects } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, strings, numbers, words, tie('array'), tie('object')),
  array: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
    .map(([gap, items]) => `[${gap}${items.join(`${gap},`)}${gap}]`),
  object: fc
    .tuple(space, fc.array(fc.tuple(strings, tie('value')), { maxLength: 4 }))
    .map(
      ([gap, members]) =>
        `${gap}{${members.map(([key, value]) => `${gap}${key}${gap}:${gap}${value}${gap}`).join(',')}${gap}}`,
    ),
}));

const isJson = (bytes: Buffer): boolean => {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
};

const textsOf = (bytes: Buffer, members: readonly Member[]) =>
  members.map(({ key, start, valueStart, end }) => [
    key,
    bytes.toString('utf8', start, end),
    bytes.toString('utf8', valueStart, end),
  ]);

/** The same from its text; `undefined` where a key stands twice. */
const expectedOf = (text: string): unknown => {
  try {
    return membersOf(text).map((member) => [member.key, text.slice(member.start, member.end), valueText(text, member)]);
  } catch {
    return undefined;
  }
};

describe('scanObject', () => {
  it('scanObject finds the members that stand in the text when it is an object', () => {
    fc.assert(
      fc.property(objects, (text) => {
        const bytes = Buffer.from(text);
        const scanned = scanObject(bytes, DEPTH_MAX);
        expect(scanned && textsOf(bytes, scanned.members)).toEqual(expectedOf(text));
        if (scanned !== undefined) expect(scanned.depth).toBe(checkDepth(text, DEPTH_MAX).depth);
      }),
    );
  });

  it('scanObject finds the members of the member that it is to look into', () => {
    const bytes = Buffer.from('{"id":"é", "result" : { "a":[{"b":"]"}] ,"ü":"\\u00fc"},"x":{"c":1}}');
    const { members, inner } = scanObject(bytes, DEPTH_MAX, { into: 'result' }) ?? {};
    expect(members?.map(({ key }) => key)).toEqual(['id', 'result', 'x']);
    expect(inner && textsOf(bytes, inner)).toEqual([
      ['a', '"a":[{"b":"]"}]', '[{"b":"]"}]'],
      ['ü', '"ü":"\\u00fc"', '"\\u00fc"'],
    ]);
    expect(scanObject(bytes, DEPTH_MAX, { into: 'id' })?.inner).toBeUndefined();
  });

  it.each([
    ['{"a":[{"type":"a_word"}]}', true],
    ['{"a_word":1}', true],
    ['{"a":"\\u0061_word"}', true],
    ['{"a":"a\\u005fword"}', true],
    ['{"a":"a_word more","b":"the a_word","c":"a_work","d":"","e":"\\u00e9\\u0041\\n"}', false],
  ])('scanObject says whether a string may be the word when it is to look for one in %s', (text, mayHold) => {
    expect(scanObject(Buffer.from(text), DEPTH_MAX, { word: 'a_word' })?.mayHold).toBe(mayHold);
    expect(scanObject(Buffer.from('{"a":""}'), DEPTH_MAX)?.mayHold).toBe(false);
  });

  it('scanObject takes what JSON.parse takes, and no other bytes', () => {
    const changed = fc.tuple(values, fc.nat(), fc.integer({ min: -1, max: 255 }));
    fc.assert(
      fc.property(changed, ([value, place, byte]) => {
        const bytes = Buffer.from(`{"a":${value}}`);
        const at = place % bytes.length;
        // One byte is another one, or is missing.
        if (byte >= 0) bytes[at] = byte;
        const sent = byte >= 0 ? bytes : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        const isObject = isJson(sent) && sent.toString().trimStart().startsWith('{');
        const hasTwice = isObject && expectedOf(sent.toString()) === undefined;
        expect(scanObject(sent, DEPTH_MAX) !== undefined).toBe(isObject && !hasTwice);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['control characters', '{"a":"x\u0001"}'],
    ['a line break in a string', '{"a":"line\nbreak"}'],
    ['half an escape', '{"a":"\\u12"}'],
    ['an escape of its own', '{"a":"\\x41"}'],
    ['a number with zeros', '{"a":01}'],
    ['a number without digits', '{"a":-}'],
    ['a point without digits', '{"a":1.}'],
    ['a comma too many', '{"a":1,}'],
    ['a string without an end', '{"a":"abcdefgh'],
    ['the mark of a file', '\uFEFF{}'],
    ['more than one value', '{} {}'],
    ['no object', '[{}]'],
    ['brackets that do not match', '{"a":[1}}'],
    ['one level too many', `{"a":${'['.repeat(DEPTH_MAX)}${']'.repeat(DEPTH_MAX)}}`],
    ['nothing', ''],
  ])('scanObject refuses %s', (_what, text) => {
    expect(scanObject(Buffer.from(text), DEPTH_MAX)).toBeUndefined();
  });

  it('scanObject refuses bytes that are not UTF-8, wherever they stand', () => {
    const bytes = Buffer.from(`{"a":"${'x'.repeat(100)}é"}`);
    expect(scanObject(bytes, DEPTH_MAX)).toBeDefined();
    expect(scanObject(Buffer.concat([bytes.subarray(0, -3), bytes.subarray(-2)]), DEPTH_MAX)).toBeUndefined();
  });
});

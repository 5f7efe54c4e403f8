import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkDepth } from './limits.js';
import { memberAmong, membersOf, valueText, withMembers } from './members.js';

const members = (text: string) =>
  Object.fromEntries(membersOf(text).map((member) => [member.key, valueText(text, member)]));

describe('membersOf', () => {
  it('membersOf finds each member where it stands, whatever the white space', () => {
    expect(members(' {"a" : 1,\n "b":{"c":[1,"}"]} , "d":"x\\"y" } ')).toEqual({
      a: '1',
      b: '{"c":[1,"}"]}',
      d: '"x\\"y"',
    });
  });

  it('membersOf reads escaped keys as what they mean', () => {
    expect(members('{"\\u006dethod":"x"}')).toEqual({ method: '"x"' });
  });

  it('membersOf keeps a number that a double cannot hold', () => {
    expect(members('{"n":9007199254740993}')).toEqual({ n: '9007199254740993' });
  });

  it.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"__proto__":1,"__proto__":2}'])(
    'membersOf refuses a key that stands twice: %s',
    (text) => {
      expect(() => membersOf(text)).toThrow(/stands twice/);
    },
  );

  it('membersOf refuses a key that stands twice among many', () => {
    const many = Array.from({ length: 40 }, (_, at) => `"k${at}":${at}`);
    expect(membersOf(`{${many.join()}}`)).toHaveLength(40);
    for (const twice of [0, 7, 8, 9, 39]) expect(() => membersOf(`{${many.join()},"k${twice}":0}`)).toThrow(/twice/);
  });

  it.each(['[]', '1', '"x"', 'null'])('membersOf refuses what is not an object: %s', (text) => {
    expect(() => membersOf(text)).toThrow(expect.objectContaining({ code: 'mcp.invalid_request' }));
  });

  it('membersOf agrees with JSON.parse on any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const read = new Map(membersOf(text).map((member) => [member.key, JSON.parse(valueText(text, member))]));
        const parsed = JSON.parse(text) as Record<string, unknown>;
        expect([...read.keys()].sort()).toEqual(Object.keys(parsed).sort());
        for (const [key, found] of read) expect(found).toEqual(parsed[key]);
      }),
    );
  });
});

describe('memberAmong', () => {
  it('memberAmong finds what membersOf finds, in any object and for any key', () => {
    const keys = fc.string({ unit: fc.constantFrom('a', '"', '\\', '\u00e9', '\ud83d\ude00'), maxLength: 3 });
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue()), keys, fc.constantFrom(undefined, 1), (value, key, indent) => {
        const text = JSON.stringify(value, null, indent);
        const due = membersOf(text).find((member) => member.key === key);
        expect(memberAmong(text, JSON.parse(text), key)).toEqual(due);
      }),
    );
  });

  it('memberAmong finds a key that is written with escapes', () => {
    const text = '{"\\u0072esult":1,"_result":2}';
    expect(memberAmong(text, JSON.parse(text), 'result')).toMatchObject({ valueStart: 15, end: 16 });
  });

  it.each(['{"a":1,"a":2}', '{"b":1,"a":1,"\\u0061":2}', '{"__proto__":1,"__proto__":2}'])(
    'memberAmong refuses a key that stands twice, whichever is looked for: %s',
    (text) => {
      for (const key of ['a', 'b', 'x']) expect(() => memberAmong(text, JSON.parse(text), key)).toThrow(/stands twice/);
    },
  );
});

describe('withMembers', () => {
  it('withMembers replaces, removes and appends, and leaves the rest byte for byte', () => {
    expect(withMembers('{ "name":"x" , "n":1.0e2,"_meta":{"a":1} }', { name: '"y"', _meta: null, extra: 'true' })).toBe(
      '{"name":"y","n":1.0e2,"extra":true}',
    );
  });

  it('withMembers makes an object out of an empty one', () => {
    expect(withMembers('{}', { a: '1' })).toBe('{"a":1}');
    expect(withMembers('{"a":1}', { a: null })).toBe('{}');
  });

  it('withMembers treats members of Object.prototype as plain names', () => {
    expect(withMembers('{"constructor":1,"toString":2}', { a: '3' })).toBe('{"constructor":1,"toString":2,"a":3}');
  });
});

describe('checkDepth', () => {
  it('checkDepth lets the limit pass and refuses one more', () => {
    expect(() => checkDepth(`${'['.repeat(64)}${']'.repeat(64)}`, 64)).not.toThrow();
    expect(() => checkDepth(`${'['.repeat(65)}${']'.repeat(65)}`, 64)).toThrow(/deeper than 64/);
  });

  it('checkDepth does not count brackets inside strings', () => {
    expect(() => checkDepth(`{"a":"${'['.repeat(200)}\\"${'{'.repeat(200)}"}`, 2)).not.toThrow();
  });

  it('checkDepth stops early on five million levels', () => {
    expect(() => checkDepth('['.repeat(5_000_000), 64)).toThrow(/deeper/);
  });
});

import { describe, expect, it } from 'vitest';
import { type Address, AddressBook } from './address-book.js';

const given = (...places: [url: string, priority: number, weight: number][]) => {
  const clock = { ms: 0 };
  const changes: string[] = [];
  const book = new AddressBook<string>(
    places.map(([url, priority, weight]) => ({ url, priority, weight, line: url })),
    ({ url, isEjected }) => void changes.push(`${url} ${isEjected ? 'ejected' : 'returned'}`),
    () => clock.ms,
  );
  const at = (url: string) => book.addresses.find((address) => address.url === url) as Address<string>;
  const turns = (count: number) => Array.from({ length: count }, () => book.pick()?.url).join('');
  const fail = (url: string, times = 2) => {
    for (let time = 0; time < times; time++) book.failed(at(url), `${url} is away`);
  };
  return { book, at, turns, fail, clock, changes };
};

describe('the addresses of an upstream', () => {
  it('addresses take turns by weight when their priority is the same', () => {
    expect(given(['a', 0, 100], ['b', 0, 100]).turns(6)).toBe('ababab');
    const { turns } = given(['a', 0, 300], ['b', 0, 100]);
    const taken = turns(40);
    expect(taken.replaceAll('b', '')).toHaveLength(30);
    expect(taken).not.toMatch(/aaaaa|bb/);
  });

  it('an address stands by while one with a smaller number is active', () => {
    const { turns, fail } = given(['a', 0, 100], ['b', 1, 100], ['c', 2, 100]);
    expect(turns(3)).toBe('aaa');
    fail('a');
    expect(turns(3)).toBe('bbb');
    fail('b');
    expect(turns(3)).toBe('ccc');
  });

  it('an address is ejected after two failures in a row and not before', () => {
    const { book, at, turns, fail, changes } = given(['a', 0, 100], ['b', 1, 100]);
    fail('a', 1);
    book.answered(at('a'));
    fail('a', 1);
    expect(turns(2)).toBe('aa');
    expect(changes).toEqual([]);
    fail('a', 1);
    expect(turns(2)).toBe('bb');
    expect(changes).toEqual(['a ejected']);
    expect(book.standings()).toMatchObject([
      { url: 'a', state: 'ejected', reason: 'a is away' },
      { url: 'b', state: 'active', reason: null },
    ]);
  });

  it('the last active address stays when it fails as well, and goes when another is back', () => {
    const { book, at, turns, fail } = given(['a', 0, 100], ['b', 0, 100]);
    fail('a', 9);
    fail('b', 9);
    expect(turns(2)).toBe('bb');
    expect(book.hasSound).toBe(false);
    book.answered(at('a'));
    fail('b', 1);
    expect(turns(2)).toBe('aa');
    expect(book.hasSound).toBe(true);
  });

  it('an ejected address is the last resort when a request has been to the others', () => {
    const { book, at, fail } = given(['a', 0, 100], ['b', 1, 100]);
    fail('a');
    expect(book.pick(new Set([at('b')]))).toBe(at('a'));
    expect(book.pick(new Set([at('b'), at('a')]))).toBeUndefined();
  });

  it('an ejected address is looked at later each time it is found away, and is back at once when it answers', () => {
    const { book, at, turns, fail, clock, changes } = given(['a', 0, 100], ['b', 1, 100]);
    const lookedAt: number[] = [];
    fail('a', 5);
    for (let look = 0; look < 6; look++) {
      expect(book.due()).toEqual([]);
      clock.ms = at('a').lookAtMs;
      lookedAt.push(clock.ms);
      expect(book.due()).toEqual([at('a')]);
      fail('a', 1);
    }
    expect(lookedAt.map((ms, index) => ms - (lookedAt[index - 1] ?? 0))).toEqual([
      5_000, 10_000, 20_000, 40_000, 60_000, 60_000,
    ]);
    book.answered(at('a'));
    expect(turns(2)).toBe('aa');
    expect(changes).toEqual(['a ejected', 'a returned']);
  });
});

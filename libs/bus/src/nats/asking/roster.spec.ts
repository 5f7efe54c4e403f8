import { beforeEach, describe, expect, it } from 'vitest';
import { LICENCE_MS } from '../../limits.js';
import { Roster } from './roster.js';

const MINUTES_MS = 60_000;
let roster: Roster;
beforeEach(() => {
  roster = new Roster();
});

describe('roster', () => {
  it('an instance may have what was asked of an owner it serves when it has asked for the clock', () => {
    roster.note('a', ['auth', 'registry'], 0);
    roster.note('b', ['metrics'], 0);

    expect(roster.mayHave('registry', undefined, 10)).toEqual(['a']);
    expect(roster.mayHave('metrics', undefined, 10)).toEqual(['b']);
    expect(roster.mayHave('ingress', undefined, 10)).toEqual([]);
  });

  it('an instance alone may have what was asked of it by name', () => {
    roster.note('a', ['registry'], 0);
    roster.note('b', ['registry'], 0);

    expect(roster.mayHave('registry', 'b', 10)).toEqual(['b']);
    expect(roster.mayHave('registry', 'c', 10)).toEqual([]);
  });

  it('an instance may have a request as long as what it knows of the clock is good, and what was sent before for ever', () => {
    roster.note('a', ['registry'], 0);

    expect(roster.mayHave('registry', undefined, LICENCE_MS)).toEqual(['a']);
    expect(roster.mayHave('registry', undefined, 2 * LICENCE_MS)).toEqual([]);
    roster.note('b', ['registry'], 30 * MINUTES_MS);
    expect(roster.mayHave('registry', undefined, 10)).toEqual(['a', 'b']);
  });

  it('an instance that leaves takes no requests, and may have what was sent before it was done', () => {
    roster.note('a', ['registry'], 0);
    roster.leave('a', false, 100);
    expect([roster.takesRequests('a'), roster.mayHave('registry', undefined, 200)]).toEqual([false, ['a']]);
    roster.leave('a', true, 300);
    expect([roster.mayHave('registry', undefined, 200), roster.mayHave('registry', undefined, 400)]).toEqual([
      ['a'],
      [],
    ]);
  });
});

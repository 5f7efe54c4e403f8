import { describe, expect, it } from 'vitest';
import { parseFilter } from './filter.js';

const ATTRIBUTES = ['username', 'externalid', 'emails', 'emails.value', 'active'];

describe('parseFilter', () => {
  it.each<[string, readonly (readonly [string, string | boolean])[]]>([
    ['userName eq "ann@example.org"', [['username', 'ann@example.org']]],
    ['USERNAME EQ "ann"', [['username', 'ann']]],
    [
      'externalId eq "a \\"b\\" c" and active eq true',
      [
        ['externalid', 'a "b" c'],
        ['active', true],
      ],
    ],
    ['emails[type eq "work"].value eq "ann@example.org"', [['emails.value', 'ann@example.org']]],
    ['emails.value eq "x"', [['emails.value', 'x']]],
    ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"', [['username', 'x']]],
    ['userName eq "and userName eq 1"', [['username', 'and userName eq 1']]],
    ['active eq False', [['active', false]]],
  ])('parseFilter reads %s', (filter, expected) => {
    expect(parseFilter(filter, ATTRIBUTES)).toEqual(expected.map(([attribute, value]) => ({ attribute, value })));
  });

  it.each([
    ['userName co "ann"'],
    ['userName eq "a" or userName eq "b"'],
    ['not (userName eq "a")'],
    ['password eq "a"'],
    ['userName eq'],
    ['userName eq "a" and'],
    ['userName eq "a'],
    ['userName eq "a"; DROP TABLE users'],
    [''],
    [`userName eq "${'a'.repeat(2_000)}"`],
    [Array.from({ length: 12 }, () => 'userName eq "a"').join(' and ')],
  ])('parseFilter refuses %s', (filter) => {
    expect(() => parseFilter(filter, ATTRIBUTES)).toThrow(expect.objectContaining({ scimType: 'invalidFilter' }));
  });
});

import { describe, expect, it } from 'vitest';
import { patchedGroup } from '../groups/group-attributes.js';
import { patchedUser } from '../users/user-attributes.js';
import { readPatch } from './patch.js';

const USER = 'ann@example.org';
const [ONE, TWO] = ['6f1e7c52-9a4b-4f6e-8a55-0d9a1c2b3e4f', '7a2f8d63-0b5c-4a7f-9b66-1e0b2d3c4f50'];

const patch = (...Operations: object[]) =>
  readPatch({ schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });

describe('a PATCH of a user', () => {
  it.each<[string, object[], object]>([
    ['Okta deactivates', [{ op: 'replace', value: { active: false } }], { isActive: false }],
    ['Entra deactivates', [{ op: 'Replace', path: 'active', value: 'False' }], { isActive: false }],
    ['Entra activates', [{ op: 'Add', path: 'active', value: 'True' }], { isActive: true }],
    [
      'Entra renames by attributes with dots',
      [{ op: 'Replace', value: { 'name.givenName': 'Ann', 'name.familyName': 'Ex' } }],
      { fullName: 'Ann Ex' },
    ],
    [
      'Entra renames by paths',
      [
        { op: 'Replace', path: 'name.givenName', value: 'Ann' },
        { op: 'Replace', path: 'name.familyName', value: 'Ex' },
      ],
      { fullName: 'Ann Ex' },
    ],
    ['half a name comes', [{ op: 'replace', path: 'name.familyName', value: 'Ex' }], {}],
    ['the whole name comes', [{ op: 'replace', path: 'displayName', value: 'Ann Ex' }], { fullName: 'Ann Ex' }],
    ['the id at the client changes', [{ op: 'add', path: 'externalId', value: 'e1' }], { externalId: 'e1' }],
    ['it goes', [{ op: 'remove', path: 'externalId' }], { externalId: null }],
    ['the same address comes', [{ op: 'replace', value: { userName: 'Ann@Example.org' } }], {}],
    [
      'what is not kept comes',
      [
        { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@example.org' },
        { op: 'Add', path: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department', value: 'IT' },
        {
          op: 'replace',
          value: { 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'IT' } },
        },
      ],
      {},
    ],
  ])('patchedUser reads it when %s', (_what, operations, expected) => {
    expect(patchedUser(patch(...operations), USER)).toEqual(expected);
  });

  it.each<[string, object, string]>([
    ['another address', { op: 'replace', path: 'userName', value: 'eve@example.org' }, 'mutability'],
    ['an active that is none', { op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    ['markup in the name', { op: 'replace', path: 'displayName', value: '<b>' }, 'invalidValue'],
    ['an operation that is none', { op: 'move', path: 'active' }, 'invalidSyntax'],
    ['nothing to remove', { op: 'remove' }, 'noTarget'],
    ['a path that cannot be read', { op: 'replace', path: 'a b c', value: 1 }, 'invalidPath'],
    ['neither path nor attributes', { op: 'replace', value: 'x' }, 'invalidSyntax'],
  ])('a PATCH is refused when it has %s', (_what, operation, scimType) => {
    expect(() => patchedUser(patch(operation), USER)).toThrow(expect.objectContaining({ scimType }));
  });

  it('a PATCH is refused when it is none, or too much', () => {
    for (const body of [null, [], {}, { Operations: [] }, { schemas: [], Operations: [] }])
      expect(() => readPatch(body)).toThrow(expect.objectContaining({ scimType: 'invalidSyntax' }));
    const many = Array.from({ length: 1_001 }, () => ({ op: 'replace', path: 'active', value: true }));
    expect(() => patch(...many)).toThrow(expect.objectContaining({ scimType: 'tooMany' }));
  });
});

describe('a PATCH of a group', () => {
  it.each<[string, object[], object]>([
    [
      'Entra adds',
      [{ op: 'Add', path: 'members', value: [{ value: ONE }, { value: TWO }] }],
      { members: [{ op: 'add', ids: [ONE, TWO] }] },
    ],
    [
      'Entra removes as it used to',
      [{ op: 'Remove', path: 'members', value: [{ value: ONE }] }],
      { members: [{ op: 'remove', ids: [ONE] }] },
    ],
    [
      'Okta removes',
      [{ op: 'remove', path: `members[value eq "${ONE}"]` }],
      { members: [{ op: 'remove', ids: [ONE] }] },
    ],
    ['everybody goes', [{ op: 'remove', path: 'members' }], { members: [{ op: 'set', ids: [] }] }],
    [
      'Okta says who is in it',
      [{ op: 'replace', path: 'members', value: [{ value: TWO }] }],
      { members: [{ op: 'set', ids: [TWO] }] },
    ],
    [
      'Okta renames',
      [{ op: 'replace', value: { id: 'x', displayName: 'Makers' } }],
      { displayName: 'Makers', members: [] },
    ],
  ])('patchedGroup reads it when %s', (_what, operations, expected) => {
    expect(patchedGroup(patch(...operations))).toEqual(expected);
  });

  it('patchedGroup refuses members that are the ids of no users', () => {
    const operation = { op: 'add', path: 'members', value: [{ value: 'ann@example.org' }] };
    expect(() => patchedGroup(patch(operation))).toThrow(expect.objectContaining({ scimType: 'invalidValue' }));
  });
});

import { isUUID } from 'class-validator';
import { type Change, isMembers } from '../protocol/patch.js';
import { invalid } from '../protocol/scim-error.js';
import { textOf } from '../users/user-attributes.js';

/** What is to become of a group. */
export interface GroupChange {
  readonly displayName?: string;
  readonly externalId?: string | null;
  /** In order: each adds or takes out users, by their ids, or says who is in it. */
  readonly members: readonly MemberChange[];
}

export interface MemberChange {
  readonly op: 'add' | 'remove' | 'set';
  readonly ids: readonly string[];
}

/** More than a company puts into one team; a body has no place for many more. */
export const MEMBERS_MAX = 5_000;

/** Reads the body of POST and PUT. Throws `invalidValue`, `invalidSyntax`. */
export const readGroup = (
  body: unknown,
): Required<Omit<GroupChange, 'members'>> & { readonly memberIds: readonly string[] } => {
  if (!isMembers(body)) throw invalid('The body is no group', 'invalidSyntax');
  return {
    displayName: displayNameOf(body['displayName']),
    externalId: textOf(body['externalId'], 'externalId'),
    memberIds: idsOf(body['members'] ?? []),
  };
};

/** What a PATCH makes of a group; attributes that are not kept change nothing. Throws `invalidValue`, `noTarget`. */
export const patchedGroup = (changes: readonly Change[]): GroupChange => {
  let change: GroupChange = { members: [] };
  for (const { op, path, match, value } of changes) {
    if (path === 'displayname') change = { ...change, displayName: displayNameOf(op === 'remove' ? null : value) };
    else if (path === 'externalid')
      change = { ...change, externalId: op === 'remove' ? null : textOf(value, 'externalId') };
    else if (path === 'members') change = { ...change, members: [...change.members, memberChange(op, match, value)] };
  }
  return change;
};

const memberChange = (op: Change['op'], match: string | null, value: unknown): MemberChange => {
  if (op === 'remove') {
    if (match !== null) return { op, ids: [match] };
    // Entra says here whom; others, that nobody stays.
    return value === undefined || value === null ? { op: 'set', ids: [] } : { op, ids: idsOf(value) };
  }
  if (match !== null) throw invalid('A member is added or removed, not changed', 'noTarget');
  return { op: op === 'add' ? 'add' : 'set', ids: idsOf(value) };
};

const displayNameOf = (value: unknown): string => {
  const name = textOf(value, 'displayName');
  if (name === null) throw invalid('displayName is missing');
  return name;
};

const idsOf = (value: unknown): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (items.length > MEMBERS_MAX) throw invalid(`A group has at most ${MEMBERS_MAX} members`, 'tooMany');
  return items.map((item) => {
    const id = isMembers(item) ? item['value'] : item;
    if (!isUUID(id)) throw invalid('A member is the id of no user');
    return id as string;
  });
};

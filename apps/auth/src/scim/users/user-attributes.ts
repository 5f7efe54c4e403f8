import { isEmail } from 'class-validator';
import { type Change, flagOf, isMembers } from '../protocol/patch.js';
import { invalid } from '../protocol/scim-error.js';

/** What is kept of a user. */
export interface UserAttributes {
  readonly externalId?: string | null;
  readonly fullName?: string | null;
  readonly isActive?: boolean;
}

/** A user as a client describes them whole. */
export interface DescribedUser extends Required<UserAttributes> {
  /** Lower case. */
  readonly userName: string;
}

const TEXT_CHARS_MAX = 255;

/** The address of a user. Throws `invalidValue`: people sign in with it. */
export const userNameOf = (value: unknown): string => {
  if (typeof value !== 'string' || value.length > 320 || !isEmail(value, { require_tld: false }))
    throw invalid('userName must be an e-mail address');
  return value.toLowerCase();
};

/** Reads the body of POST and PUT; attributes that are not kept are not looked at. Throws `invalidValue`, `invalidSyntax`. */
export const readUser = (body: unknown): DescribedUser => {
  if (!isMembers(body)) throw invalid('The body is no user', 'invalidSyntax');
  return {
    userName: userNameOf(body['userName']),
    externalId: textOf(body['externalId'], 'externalId'),
    fullName: nameOf(body),
    isActive: body['active'] === undefined ? true : flagOf(body['active']),
  };
};

/** What a PATCH makes of a user. `mutability` for another `userName`, which is who the user is. */
export const patchedUser = (changes: readonly Change[], userName: string): UserAttributes => {
  const names: Record<string, unknown> = {};
  let attributes: UserAttributes = {};
  for (const { op, path, value } of changes) {
    const given = op === 'remove' ? null : value;
    switch (path) {
      case 'username':
        if (op === 'remove' || userNameOf(value) !== userName)
          throw invalid('userName is who the user is: make another user', 'mutability');
        break;
      case 'active':
        attributes = { ...attributes, isActive: op === 'remove' ? true : flagOf(value) };
        break;
      case 'externalid':
        attributes = { ...attributes, externalId: textOf(given, 'externalId') };
        break;
      case 'displayname':
        names['displayName'] = given;
        break;
      case 'name':
        names['name'] = { ...(names['name'] as object | undefined), ...(isMembers(given) ? given : {}) };
        break;
      case 'name.formatted':
      case 'name.givenname':
      case 'name.familyname': {
        const part = { formatted: 'formatted', givenname: 'givenName', familyname: 'familyName' }[path.slice(5)];
        names['name'] = { ...(names['name'] as object | undefined), [part ?? '']: given };
        break;
      }
    }
  }
  return Object.keys(names).length === 0 ? attributes : { ...attributes, ...nameChange(names) };
};

/** A part of a name alone changes nothing: the other is not kept apart. */
const nameChange = (names: Readonly<Record<string, unknown>>): UserAttributes => {
  const { formatted, givenName, familyName } = isMembers(names['name']) ? names['name'] : {};
  const isPart =
    names['displayName'] === undefined &&
    formatted === undefined &&
    (givenName === undefined) !== (familyName === undefined);
  return isPart ? {} : { fullName: nameOf(names) };
};

const nameOf = ({ displayName, name }: Readonly<Record<string, unknown>>): string | null => {
  const { formatted, givenName, familyName } = isMembers(name) ? name : {};
  const parts = [textOf(givenName, 'name.givenName'), textOf(familyName, 'name.familyName')];
  const whole = parts.filter((part) => part !== null).join(' ');
  return textOf(displayName, 'displayName') ?? textOf(formatted, 'name.formatted') ?? (whole === '' ? null : whole);
};

export const textOf = (value: unknown, what: string): string | null => {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > TEXT_CHARS_MAX || /[<>\p{Cc}]/u.test(value))
    throw invalid(`${what} is no text without markup of at most ${TEXT_CHARS_MAX} characters`);
  return value;
};

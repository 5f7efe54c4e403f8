import { type FileEntry, isEmpty, isObject } from '../file-entry.js';

/** What of an entry says where its credential is shown, and to whom: a program is its arguments too, and a server who can prove to be it. */
const MEMBERS = [
  'url',
  'addresses',
  'command',
  'args',
  'cwd',
  'env',
  'openapi',
  'a2a',
  'ca_certificate',
  'auth_type',
  'auth_query_param_key',
];

/**
 * Where the credential of an entry is shown, as a text: what is sealed for one place opens for no other, so that nobody who has the
 * file, and not its passphrase, sends the credential elsewhere.
 */
export const placeOf = (entry: FileEntry): string =>
  JSON.stringify(MEMBERS.map((member) => (isEmpty(entry[member]) ? null : inOrder(entry[member]))));

/** Whoever writes a file anew may write its members in another order. */
const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const members = Object.entries(value).filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(
    members.sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, inOrder(member)]),
  );
};

/** An entry of the file, whatever it holds. */
export type FileEntry = Readonly<Record<string, unknown>>;

/** Why an entry is left out; a sentence that goes on from its name. */
export class LeftOut extends Error {}

/** What stands in an export of this gateway in the place of a credential, which is never in it. */
export const CREDENTIAL_LEFT_OUT = 'credential_left_out';

export const CREDENTIAL_STAYS = 'its credential is not in the file: what is here stays as it is';
export const CREDENTIAL_MISSING = 'its credential is not in the file: give it here';

export const isObject = (value: unknown): value is FileEntry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a member says nothing. */
export const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (typeof value === 'object' && Object.keys(value).length === 0);

export const quoted = (value: unknown): string => JSON.stringify(value)?.slice(0, 64) ?? 'undefined';

/** What every entry may say of itself. Tags are texts, or objects that name themselves. */
export const textMembers = ({ description, tags }: FileEntry): Record<string, unknown> => ({
  description: description ?? null,
  tags: Array.isArray(tags)
    ? [...new Set(tags.map((tag: unknown) => (isObject(tag) ? (tag['label'] ?? tag['id']) : tag)))]
    : [],
});

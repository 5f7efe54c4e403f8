import { isDeepStrictEqual } from 'node:util';
import { MASK, maskArguments, splitQuery } from '#contracts/auth/upstream-secrets.rules';

type Members = Readonly<Record<string, unknown>>;

const SECRETS = new Set([
  'authToken',
  'authPassword',
  'authQueryParamValue',
  'clientSecret',
  'privateKey',
  'clientKey',
  'clientCert',
  'caCertificate',
]);

/** Whether a gateway is shown as a body asks for it, whatever its secrets are, which are not shown. */
export const isShownAs = (view: object, asked: Members): boolean => {
  const shown = view as Members;
  return Object.entries(asked).every(([member, value]) => {
    if (value === undefined || SECRETS.has(member)) return true;
    if (member === 'authHeaders') return isDeepStrictEqual(shown[member], masked(value));
    if (member === 'url' || member === 'args') return isDeepStrictEqual(shown[member] ?? null, maskedAddress(value));
    if (member === 'env')
      return isDeepStrictEqual(Object.keys(membersOf(shown[member])), Object.keys(membersOf(value)));
    if (member !== 'oauthConfig') return isDeepStrictEqual(shown[member] ?? null, value ?? null);
    return isShownAs(membersOf(shown[member]), membersOf(value));
  });
};

/** A part of an address may be a secret too. */
const maskedAddress = (value: unknown): unknown => {
  if (Array.isArray(value)) return maskArguments(value as string[]);
  return typeof value === 'string' ? splitQuery(value).shown : (value ?? null);
};

const masked = (headers: unknown): unknown =>
  Array.isArray(headers) ? headers.map((header: unknown) => ({ key: membersOf(header)['key'], value: MASK })) : headers;

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? { ...value } : {});

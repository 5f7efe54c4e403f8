import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '#libs/errors';
import { type CredentialCarrier, readCredential } from './credential.js';

/** Of a session over https: no other host, of the same domain or not, can set it. */
const NAME = '__Host-switchyard_console';
/** Over http on this machine, where browsers take no such name. */
const PLAIN_NAME = 'switchyard_console';
const PAGE_HEADER = 'x-switchyard-ui';
/** The hosts of this machine, over HTTP to which browsers would not send a `Secure` cookie back. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;
const LOOPBACK_ORIGIN = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

type Headers = IncomingHttpHeaders | NonNullable<CredentialCarrier['headers']>;

const one = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

/**
 * Throws `http.origin_refused` unless the request comes from a page of this very gateway: it has a header that no page
 * elsewhere can add without being asked about, and where the browser says whence it comes, it is from here.
 */
export const checkOwnPage = (headers: Headers): void => {
  const site = one(headers['sec-fetch-site']);
  const origin = one(headers['origin']);
  const host = one(headers['host']) ?? '';
  const isOwn = site === undefined ? origin === undefined || isOriginOf(host, origin) : site === 'same-origin';
  if (headers[PAGE_HEADER] !== '1' || !isOwn)
    throw fail('http.origin_refused', { message: 'Only the page of the console may use the session of the console' });
};

const isOriginOf = (host: string, origin: string): boolean => URL.canParse(origin) && new URL(origin).host === host;

/**
 * The token in the cookie of the console; `null` where there is none. Throws `http.origin_refused` for what another page
 * sends with it, and `auth.credential_ambiguous` for two.
 */
export const readConsoleCookie = (headers: Headers = {}): string | null => {
  const named = (name: string): string[] =>
    (one(headers['cookie']) ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(`${name}=`))
      .map((pair) => pair.slice(name.length + 1));
  const secure = named(NAME);
  const values = secure.length === 0 && LOOPBACK_HOST.test(one(headers['host']) ?? '') ? named(PLAIN_NAME) : secure;
  const [value] = values;
  if (value === undefined || value === '') return null;
  if (values.length > 1) throw fail('auth.credential_ambiguous', { message: 'There are two cookies of the console' });
  checkOwnPage(headers);
  return value;
};

/**
 * What a management route lets a caller in by: a bearer token or, from the console, its cookie. MCP endpoints read bearer
 * tokens alone. Throws as `readCredential` and `readConsoleCookie` do.
 */
export const readManagementCredential = (carrier: CredentialCarrier): string | null =>
  readCredential(carrier) ?? readConsoleCookie(carrier.headers);

/**
 * `Set-Cookie` of a session of the console: no script reads it, no other site sends it. It is `Secure` but where the page
 * came over HTTP from this machine. Without a token it takes the cookie away.
 */
export const consoleCookie = (headers: Headers, session: { token: string; maxAgeS: number } | null): string => {
  const isPlain = LOOPBACK_ORIGIN.test(one(headers['origin']) ?? '');
  return [
    `${isPlain ? PLAIN_NAME : NAME}=${session?.token ?? ''}`,
    'Path=/',
    `Max-Age=${session?.maxAgeS ?? 0}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isPlain ? [] : ['Secure']),
  ].join('; ');
};

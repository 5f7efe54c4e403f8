import type { Option } from '#libs/config';
import { type Grant, isGrant } from './permission.js';

/** What a token with a value in a claim gives its user. */
export interface IssuerRule {
  /** A name, or a path with dots such as `realm_access.roles`; a text or a list of texts. */
  readonly claim: string;
  /** A leading `/`, which some issuers give groups, counts for nothing. */
  readonly value: string;
  readonly teams: readonly string[];
  readonly isAdmin: boolean;
}

/** An authorization server whose access tokens are accepted. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** `null`: found in the metadata of the issuer. */
  readonly jwksUri: string | null;
  /** Values of `aud`, besides the URLs of endpoints, that are good for the whole gateway. */
  readonly audiences: readonly string[];
  /** The claim with the e-mail of the user. */
  readonly userClaim: string;
  /** Domains, in lower case, whose users the issuer speaks for; `*` is any. */
  readonly domains: readonly string[];
  /** Whether a user who is seen for the first time is made. */
  readonly createUsers: boolean;
  /** What each scope allows; empty: scopes are not looked at. */
  readonly scopes: ReadonlyMap<string, readonly Grant[]>;
  readonly rules: readonly IssuerRule[];
  /** Authorization servers besides, by issuer or token endpoint, that its tokens may be exchanged at; absent: they are exchanged nowhere. */
  readonly exchangeAt?: readonly string[];
  /** The gateway itself. */
  readonly isOwn?: true;
}

type Members = Readonly<Record<string, unknown>>;

const ITEMS_MAX = 200;
const TEXT_CHARS_MAX = 512;
const MEMBERS = [
  'issuer',
  'jwksUri',
  'audiences',
  'userClaim',
  'domains',
  'createUsers',
  'scopes',
  'rules',
  'exchangeAt',
];
const RULE_MEMBERS = ['claim', 'value', 'teams', 'administrator'];
/** As RFC 6749 3.3 has it, without the quotes and backslashes that it leaves out. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

const recordOf = (value: unknown, what: string, members?: readonly string[]): Members => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`);
  const unknown = members === undefined ? undefined : Object.keys(value).find((name) => !members.includes(name));
  if (unknown !== undefined) throw new Error(`${what} has an unknown member "${unknown}"`);
  return value as Members;
};

const textOf = (value: unknown, what: string): string => {
  if (typeof value !== 'string' || value === '' || value.length > TEXT_CHARS_MAX) throw new Error(`${what} is no text`);
  return value;
};

const itemsOf = (value: unknown, what: string): readonly unknown[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > ITEMS_MAX) throw new Error(`${what} is no list of at most ${ITEMS_MAX}`);
  return value;
};

const textsOf = (value: unknown, what: string): readonly string[] =>
  itemsOf(value, what).map((item) => textOf(item, `an item of ${what}`));

const flagOf = (value: unknown, what: string): boolean => {
  if (value !== undefined && typeof value !== 'boolean') throw new Error(`${what} is neither true nor false`);
  return value === true;
};

/** The host names of this machine, as URLs spell them. */
export const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Whether keys and metadata may be fetched from there: over TLS, or from this machine. */
export const isSecureUrl = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
};

const secureUrlOf = (value: unknown, what: string): string => {
  const url = textOf(value, what);
  if (isSecureUrl(url) && !/[?#]/.test(url)) return url;
  throw new Error(`${what} is no URL with https (http on this machine) without query and fragment`);
};

/** Reads a rule, which may have members besides those that every rule has. Throws an `Error` that says what is wrong. */
export const issuerRuleOf = (value: unknown, more: readonly string[] = []): IssuerRule => {
  const rule = recordOf(value, 'a rule', [...RULE_MEMBERS, ...more]);
  return {
    claim: textOf(rule['claim'], 'claim of a rule'),
    value: textOf(rule['value'], 'value of a rule'),
    teams: textsOf(rule['teams'], 'teams of a rule'),
    isAdmin: flagOf(rule['administrator'], 'administrator of a rule'),
  };
};

const grantsOf = (scope: string, value: unknown): readonly Grant[] => {
  if (!SCOPE.test(scope)) throw new Error(`"${scope}" can be no scope`);
  return textsOf(value, `scope ${scope}`).map((name) => {
    if (!isGrant(name)) throw new Error(`"${name}" of scope ${scope} is no permission`);
    return name;
  });
};

const issuerOf = (value: unknown): TrustedIssuer => {
  const given = recordOf(value, 'an issuer', MEMBERS);
  const domains = textsOf(given['domains'], 'domains').map((domain) => domain.toLowerCase());
  if (domains.length === 0) throw new Error('domains is missing; ["*"] lets the issuer speak for any user');
  const scopes = Object.entries(recordOf(given['scopes'] ?? {}, 'scopes'));
  if (scopes.length > ITEMS_MAX) throw new Error(`scopes has more than ${ITEMS_MAX} members`);
  return {
    issuer: secureUrlOf(given['issuer'], 'issuer'),
    jwksUri: given['jwksUri'] === undefined ? null : secureUrlOf(given['jwksUri'], 'jwksUri'),
    audiences: textsOf(given['audiences'], 'audiences'),
    userClaim: given['userClaim'] === undefined ? 'email' : textOf(given['userClaim'], 'userClaim'),
    domains,
    createUsers: flagOf(given['createUsers'], 'createUsers'),
    scopes: new Map(scopes.map(([scope, grants]) => [scope, grantsOf(scope, grants)])),
    rules: itemsOf(given['rules'], 'rules').map((rule) => issuerRuleOf(rule)),
    ...(given['exchangeAt'] !== undefined && {
      exchangeAt: itemsOf(given['exchangeAt'], 'exchangeAt').map((at) => secureUrlOf(at, 'an item of exchangeAt')),
    }),
  };
};

/** Reads the JSON list of the setting. Throws an `Error` that says what is wrong. */
export const parseTrustedIssuers = (text: string): readonly TrustedIssuer[] => {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new Error('is no JSON');
  }
  if (!Array.isArray(list)) throw new Error('is no JSON list of issuers');
  const issuers = itemsOf(list, 'the list').map(issuerOf);
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length) throw new Error('an issuer is there twice');
  return issuers;
};

/** Auth verifies their tokens; ingress tells clients where to sign in. */
export const trustedIssuersOption: Option<readonly TrustedIssuer[]> = {
  form: 'JSON list',
  defaultValue: [],
  prose:
    'Authorization servers whose access tokens are accepted, as `docs/guides/sign-in.md` describes them; needs PUBLIC_URL. Clients are sent to the first.',
  secret: false,
  parse: parseTrustedIssuers,
};

/** Ingress and auth must agree on the names of the endpoints. */
export const publicUrlOption: Option<string | null> = {
  form: 'URL without path',
  defaultValue: null,
  prose:
    'Under which clients reach this gateway, such as `https://mcp.example.org`: access tokens are for the endpoints below it. A gateway that keeps its own database and listens on this machine alone has its own address by default.',
  secret: false,
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    const isOrigin = url !== null && url.pathname === '/' && !/[?#]/.test(text) && url.username === '';
    if (!isOrigin || !/^https?:$/.test(url.protocol)) throw new Error('is no http(s) URL without path');
    return url.origin;
  },
};

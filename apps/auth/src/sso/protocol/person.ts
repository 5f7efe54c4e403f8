import { isEmail } from 'class-validator';
import { fail } from '#libs/errors';
import type { Claims } from '../../jwt/claim-rules.js';
import type { SsoProvider } from '../providers/sso-provider.js';

/** Who signed in, as the provider vouches for it. */
export interface Person {
  readonly issuer: string;
  /** Never given to anybody else by the issuer. */
  readonly subject: string;
  /** The session at the provider, where it says so. */
  readonly session: string | null;
  /** Lower case; of a domain that the provider may vouch for, and verified. */
  readonly email: string;
  readonly fullName: string | null;
  /** As the provider says them, but `email`, which is the verified one: rules hold for nothing else. */
  readonly claims: Claims;
}

const NAME_CHARS_MAX = 255;
const TEXT_CHARS_MAX = 512;
/** Addresses that Google itself gives out. */
const GOOGLES_OWN: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/** The person of whom a provider says this. Throws `auth.sign_in_refused` for one whom it cannot vouch for here. */
export const personOf = (provider: SsoProvider, claims: Claims): Person => {
  const subject = shortText(claims['sub']);
  if (subject === null) throw refused(`${provider.displayName} does not say who you are`);
  checkTenant(provider, claims);
  const email = emailOf(provider, claims);
  return {
    // Of GitHub, which has none, where people sign in.
    issuer: shortText(claims['iss']) ?? new URL(provider.endpoints.authorization ?? '').origin,
    subject,
    session: shortText(claims['sid']),
    email,
    fullName: nameOf(claims),
    claims: { ...claims, email },
  };
};

const refused = (message: string) => fail('auth.sign_in_refused', { message });

const shortText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= TEXT_CHARS_MAX && !/\p{Cc}/u.test(value) ? value : null;

/** Names are shown; they hold no markup. */
const nameOf = ({ name }: Claims): string | null =>
  typeof name === 'string' && !/[<>\p{Cc}]/u.test(name) && name.trim() !== ''
    ? name.trim().slice(0, NAME_CHARS_MAX)
    : null;

const checkTenant = ({ tenants, displayName }: SsoProvider, { tid }: Claims): void => {
  if (tenants.length > 0 && !(typeof tid === 'string' && tenants.includes(tid.toLowerCase())))
    throw refused(`${displayName} signed you in with another organisation than one of ours`);
};

const emailOf = (provider: SsoProvider, claims: Claims): string => {
  const { displayName, domains } = provider;
  const candidates = candidatesOf(provider, claims).flatMap(({ email, isVerified }) =>
    typeof email === 'string' && isEmail(email, { require_tld: false })
      ? [{ email: email.toLowerCase(), isVerified }]
      : [],
  );
  if (candidates.length === 0) throw refused(`${displayName} tells no e-mail address of you`);
  const ours = candidates.filter(({ email }) => domains.includes('*') || domains.includes(domainOf(email)));
  if (ours.length === 0)
    throw refused(`${displayName} tells an e-mail address of a domain that is not let in here: ask an administrator`);
  const verified = ours.find(({ isVerified }) => isVerified);
  if (verified === undefined)
    throw refused(`Your e-mail address is not verified at ${displayName}: verify it there, and sign in again`);
  return verified.email;
};

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase();

interface Candidate {
  readonly email: unknown;
  readonly isVerified: boolean;
}

const isTrue = (value: unknown): boolean => value === true || value === 'true' || value === 1 || value === '1';

const candidatesOf = ({ preset }: SsoProvider, claims: Claims): readonly Candidate[] => {
  const { email } = claims;
  switch (preset) {
    case 'github':
      return githubEmails(claims['emails']);
    case 'google':
      return [{ email, isVerified: isTrue(claims['email_verified']) && isOfGoogle(email, claims['hd']) }];
    case 'entra':
      return entraEmails(claims);
    default:
      return [{ email, isVerified: isTrue(claims['email_verified']) }];
  }
};

/** The one that its user goes by first. */
const githubEmails = (emails: unknown): readonly Candidate[] =>
  (Array.isArray(emails) ? (emails as readonly Claims[]) : [])
    .toSorted((one, other) => Number(other['primary'] === true) - Number(one['primary'] === true))
    .map(({ email, verified }) => ({ email, isVerified: verified === true }));

/**
 * A Google account may have an address of any domain, verified once, and keep it when its owner has left the company; `hd` says
 * that the domain is the account's own. https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
 */
const isOfGoogle = (email: unknown, hd: unknown): boolean => {
  const domain = typeof email === 'string' ? domainOf(email) : '';
  return GOOGLES_OWN.has(domain) || (typeof hd === 'string' && hd.toLowerCase() === domain);
};

/**
 * `email` of Entra is what anybody wrote there unless `xms_edov` says that the domain's owner was seen; what people sign in with
 * is of a domain that their tenant owns. https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
 */
const entraEmails = (claims: Claims): readonly Candidate[] => [
  { email: claims['email'], isVerified: isTrue(claims['xms_edov']) },
  { email: claims['preferred_username'], isVerified: true },
];

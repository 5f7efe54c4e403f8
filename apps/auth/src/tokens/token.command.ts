import { isGrant } from '#contracts/auth/permission';
import { fail } from '#libs/errors';
import type { AuthSettings } from '../auth.settings.js';
import { parseEmail } from '../users/email.js';
import type { User } from '../users/user.entity.js';
import type { UserRepository } from '../users/user.repository.js';
import { type TokenIssuer, issuedAs } from './token-issuer.js';
import type { TokenRepository } from './token.repository.js';

/** What the command needs of the database, until it closes it. */
interface TokenStore {
  readonly users: UserRepository;
  readonly tokens: TokenRepository;
  readonly settings: Pick<AuthSettings, 'tokenLifeMaxMs' | 'platformAdmin'>;
  issuer(): Promise<TokenIssuer>;
  close(): Promise<void>;
}

/** As it stands on the command line. */
export interface NewToken {
  /** The address of whom it stands for. */
  readonly user?: string;
  readonly admin?: boolean;
  /** `90s`, `15m`, `12h`, `7d`, `2w`. */
  readonly expires: string;
  /** Good for this virtual server alone. */
  readonly server?: string;
  /** Separated by commas; all that the user has where there is none. */
  readonly permissions?: string;
}

/** Answers the token. A user who does not exist yet is created, without a password. */
export const createToken = async (
  { user: address, admin = false, expires, server, permissions: wanted = '' }: NewToken,
  open: () => Promise<TokenStore>,
): Promise<string> => {
  const email = parseEmail(address);
  const expiresInMs = parseDuration(expires);
  const permissions = wanted
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = permissions.find((name) => !isGrant(name));
  if (unknown !== undefined) throw fail('config.invalid', { message: `There is no permission "${unknown}"` });
  const store = await open();
  try {
    const maxMs = store.settings.tokenLifeMaxMs;
    if (expiresInMs > maxMs)
      throw fail('config.invalid', { message: `No token may be good for more than ${maxMs / 86_400_000} days` });
    const user = await findOrCreate(store, email, admin);
    const serverId = server ?? null;
    return await issueAndKeep(store, { user, use: 'api', expiresInMs, isAdmin: admin, serverId, permissions });
  } finally {
    await store.close();
  }
};

/**
 * Answers a token of the platform's administrator, for the commands of whoever may read the database. It counts as a log-in:
 * tokens that it asks for may outlive it.
 */
export const createAdministratorToken = async (expires: string, open: () => Promise<TokenStore>): Promise<string> => {
  const expiresInMs = parseDuration(expires);
  const store = await open();
  try {
    const user = await findOrCreate(store, store.settings.platformAdmin.email, true);
    return await issueAndKeep(store, {
      user,
      use: 'session',
      expiresInMs,
      isAdmin: true,
      serverId: null,
      permissions: [],
    });
  } finally {
    await store.close();
  }
};

interface WantedToken {
  readonly user: User;
  readonly use: 'session' | 'api';
  readonly expiresInMs: number;
  readonly isAdmin: boolean;
  readonly serverId: string | null;
  readonly permissions: readonly string[];
}

const issueAndKeep = async (store: TokenStore, wanted: WantedToken): Promise<string> => {
  const { user, serverId } = wanted;
  const permissions = wanted.permissions.filter(isGrant);
  const issuer = await store.issuer();
  const issued = await issuer.issue({ ...wanted, permissions, teams: null });
  const added = await store.tokens.add(
    {
      ...issuedAs(issued, user),
      name: `command line ${issued.tokenId}`,
      serverId,
      permissions,
      madeBy: 'command',
    },
    { users: [user] },
  );
  if (added === 'ended') throw fail('http.conflict', { message: `${user.email} was disabled meanwhile` });
  return issued.token;
};

const findOrCreate = async ({ users }: TokenStore, email: string, isAdmin: boolean): Promise<User> => {
  await users.add({ email, isAdmin });
  const user = await users.find(email);
  if (user === null || !user.isActive) throw fail('http.conflict', { message: `${email} is disabled` });
  if (isAdmin && !user.isAdmin)
    throw fail('http.conflict', { message: `${email} is not an administrator; leave --admin out` });
  return user;
};

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const YEARS_10_MS = 3650 * 86_400_000;

/** `90s`, `15m`, `12h`, `7d`, `2w`. */
export const parseDuration = (text: string): number => {
  const [, count = '', unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  if (!(ms > 0 && ms <= YEARS_10_MS))
    throw fail('config.invalid', { message: `"${text}" is not a duration such as 12h or 7d` });
  return ms;
};

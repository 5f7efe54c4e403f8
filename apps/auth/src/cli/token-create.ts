import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { isGrant } from '#contracts/auth/permission';
import { fail } from '#libs/errors';
import { fingerprintOf } from '../credential/api-token.credential.js';
import type { User } from '../storage/user.entity.js';
import type { AuthStore } from './auth-store.js';
import { parseDuration } from './duration.js';
import { parseEmail } from './email.js';

export const tokenCreateUsage =
  'token create --user EMAIL [--admin] [--expires 7d] [--server ID] [--permissions a,b]   prints a new token';

/** Answers the token. A user who does not exist yet is created, without a password. */
export const createToken = async (args: readonly string[], open: () => Promise<AuthStore>): Promise<string> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      user: { type: 'string' },
      admin: { type: 'boolean', default: false },
      expires: { type: 'string', default: '7d' },
      server: { type: 'string' },
      permissions: { type: 'string', default: '' },
    },
  });
  const email = parseEmail(values.user);
  const expiresInMs = parseDuration(values.expires);
  const permissions = values.permissions
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = permissions.find((name) => !isGrant(name));
  if (unknown !== undefined) throw fail('config.invalid', { message: `There is no permission "${unknown}"` });
  const store = await open();
  try {
    const user = await findOrCreate(store, email, values.admin);
    const serverId = values.server ?? null;
    const order = {
      user,
      use: 'api',
      expiresInMs,
      isAdmin: values.admin,
      teams: values.admin ? null : [],
      serverId,
      permissions,
    } as const;
    const issued = await (await store.issuer()).issue(order);
    await store.tokens.add({
      id: randomUUID(),
      tokenId: issued.tokenId,
      tokenHash: fingerprintOf(issued.token),
      userEmail: email,
      name: `command line ${issued.tokenId}`,
      description: null,
      serverId,
      permissions,
      expiresAt: issued.expiresAt,
    });
    return issued.token;
  } finally {
    await store.close();
  }
};

const findOrCreate = async ({ users }: AuthStore, email: string, isAdmin: boolean): Promise<User> => {
  await users.add({ email, isAdmin });
  const user = await users.find(email);
  if (user === null || !user.isActive) throw fail('http.conflict', { message: `${email} is disabled` });
  if (isAdmin && !user.isAdmin)
    throw fail('http.conflict', { message: `${email} is not an administrator; leave --admin out` });
  return user;
};

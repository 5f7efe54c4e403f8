import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { flipped } from '#libs/testing';
import { authOptions } from '../auth.config.js';
import { settingsOf } from '../auth.settings.js';
import { loadJwtKeys } from '../jwt/jwt.keys.js';
import { JwtService } from '../jwt/jwt.service.js';
import { fingerprintOf } from '../tokens/token-record.js';
import type { AccountStatus, AccountStatusRepository } from '../policy/account-status.repository.js';
import { CallerService } from './caller.service.js';

let jwt: JwtService;
const issuedAt = Math.floor(Date.now() / 1000);
const known: AccountStatus['user'] = {
  email: 'ann@example.org',
  isAdmin: false,
  isActive: true,
  credentialsNotBeforeMs: null,
};
const clean: AccountStatus = {
  user: known,
  isRevoked: false,
  teams: { own: [], kept: [], named: [] },
  roles: { base: [], assigned: [], changesAtMs: null },
  token: null,
};

const sign = (claims: object = {}) =>
  jwt.sign({ sub: 'ann@example.org', jti: randomUUID(), iat: issuedAt, exp: issuedAt + 600, ...claims });

/** The rows of a caller, as the database would have them. */
const given = (status: AccountStatus | Error, requiresKnownUser = true): CallerService => {
  const statuses = {
    find: async () => {
      if (status instanceof Error) throw status;
      return status;
    },
    noteUse: async () => {
      throw new Error('notes are not vital');
    },
  } as unknown as AccountStatusRepository;
  return new CallerService(
    jwt,
    null,
    { keep: async () => {} },
    statuses,
    { ...settingsOf(parseConfig(authOptions, {})), requiresKnownUser },
    createLogger({ service: 'auth', level: 'silent' }),
  );
};

beforeAll(async () => {
  const secret = randomBytes(48).toString('base64url');
  const keys = await loadJwtKeys(settingsOf(parseConfig(authOptions, { JWT_SECRET_KEY: secret })).jwt);
  jwt = new JwtService(keys, { issuer: 'mcpgateway', audience: 'mcpgateway-api' });
});

describe('vouching for a caller', () => {
  it('CallerService admits an active user when nobody revoked the token', async () => {
    expect(await given(clean).admit(await sign())).toMatchObject({
      principal: { id: 'ann@example.org', isAdmin: false },
      expiresAtMs: (issuedAt + 600) * 1000,
    });
  });

  it('CallerService says of a token that is revoked that it is', async () => {
    await expect(given({ ...clean, isRevoked: true }).admit(await sign())).rejects.toMatchObject({
      code: 'auth.credential_invalid',
      message: 'The credential has been revoked',
    });
  });

  const DAY_S = 86_400;
  it.each<[string, () => Promise<string> | string, string]>([
    ['has expired', () => sign({ exp: issuedAt - DAY_S }), 'The credential has expired'],
    ['is for later', () => sign({ nbf: issuedAt + DAY_S }), 'The credential is not valid yet'],
    ['was issued later', () => sign({ iat: issuedAt + DAY_S }), 'The credential is not valid yet'],
    ['is no JWT', () => 'nonsense', 'The credential cannot be read: it is no JWT'],
    ['is signed by somebody else', async () => flipped(await sign()), 'The credential is not valid'],
    [
      'has expired and is signed by somebody else',
      async () => flipped(await sign({ exp: issuedAt - DAY_S })),
      'The credential is not valid',
    ],
  ])('CallerService says of a token that %s what whoever holds it may know', async (_case, token, message) => {
    await expect(given(clean).admit(await token())).rejects.toMatchObject({ code: 'auth.credential_invalid', message });
  });

  it.each<[string, Partial<AccountStatus>]>([
    ['has an unknown user', { user: null }],
    ['has a disabled user', { user: { ...known, isActive: false } }],
    ['is older than its user allows', { user: { ...known, credentialsNotBeforeMs: (issuedAt + 1) * 1000 } }],
    [
      'goes by the id of another on record',
      {
        token: {
          hash: fingerprintOf('another'),
          userEmail: known.email,
          isOffered: false,
          wantsUseNoted: false,
          givers: [],
        },
      },
    ],
  ])('CallerService refuses a token that %s', async (_case, facts) => {
    await expect(given({ ...clean, ...facts }).admit(await sign())).rejects.toMatchObject({
      code: 'auth.credential_invalid',
      message: 'The credential is not valid',
    });
  });

  it('CallerService admits a token on record when it is shown for its own user', async () => {
    const token = await sign();
    const record = (userEmail: string) =>
      given({
        ...clean,
        token: { hash: fingerprintOf(token), userEmail, isOffered: false, wantsUseNoted: true, givers: [] },
      });

    await expect(record('ann@example.org').admit(token)).resolves.toBeDefined();
    await expect(record('bob@example.org').admit(token)).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('CallerService takes an unknown user for an ordinary one only when it is told to', async () => {
    const token = await sign({ is_admin: true, teams: null });

    expect((await given({ ...clean, user: null }, false).admit(token)).principal).toMatchObject({
      isAdmin: false,
      teams: [],
    });
  });

  it('CallerService refuses a token without iat once its user has a limit', async () => {
    const limited = given({ ...clean, user: { ...known, credentialsNotBeforeMs: 1 } });

    await expect(limited.admit(await sign({ iat: undefined }))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
  });

  it('CallerService fails closed when the rows cannot be read', async () => {
    await expect(given(new Error('connection refused')).admit(await sign())).rejects.toMatchObject({
      code: 'auth.unavailable',
    });
  });

  it('CallerService does not look at rows for what is not signed', async () => {
    await expect(given(new Error('never asked')).admit('forged')).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
    await expect(given(clean).admit(null)).rejects.toMatchObject({ code: 'auth.credential_missing' });
  });
});

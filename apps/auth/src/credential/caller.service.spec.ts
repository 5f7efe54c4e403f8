import { randomBytes, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '#libs/telemetry';
import type { Standing, StandingRepository } from '../storage/standing.repository.js';
import { fingerprintOf } from './api-token.credential.js';
import { CallerPolicy, CallerService } from './caller.service.js';
import { JwtCredential } from './jwt.credential.js';
import { loadJwtKeys } from './jwt.keys.js';

let jwt: JwtCredential;
const issuedAt = Math.floor(Date.now() / 1000);
const known: Standing['user'] = {
  email: 'ann@example.org',
  isAdmin: false,
  isActive: true,
  credentialsNotBeforeMs: null,
};
const clean: Standing = { user: known, isRevoked: false, token: null };

const sign = (claims: object = {}) =>
  jwt.sign({ sub: 'ann@example.org', jti: randomUUID(), iat: issuedAt, exp: issuedAt + 600, ...claims });

/** The rows of a caller, as the database would have them. */
const given = (standing: Standing | Error, requiresKnownUser = true): CallerService => {
  const standings = {
    find: async () => {
      if (standing instanceof Error) throw standing;
      return standing;
    },
    noteUse: async () => {
      throw new Error('notes are not vital');
    },
  } as unknown as StandingRepository;
  return new CallerService(
    jwt,
    standings,
    new CallerPolicy(requiresKnownUser),
    createLogger({ service: 'auth', level: 'silent' }),
  );
};

beforeAll(async () => {
  const JWT_SECRET_KEY = randomBytes(48).toString('base64url');
  const keys = await loadJwtKeys({
    JWT_ALGORITHM: 'HS256',
    JWT_SECRET_KEY,
    JWT_PRIVATE_KEY_PATH: null,
    JWT_PUBLIC_KEY_PATH: null,
  });
  jwt = new JwtCredential(keys, { issuer: 'mcpgateway', audience: 'mcpgateway-api' });
});

describe('vouching for a caller', () => {
  it('holds for an active user whose token nobody revoked', async () => {
    expect(await given(clean).admit(await sign())).toMatchObject({
      principal: { id: 'ann@example.org', isAdmin: false },
      expiresAtMs: (issuedAt + 600) * 1000,
    });
  });

  it.each<[string, Partial<Standing>]>([
    ['is revoked', { isRevoked: true }],
    ['has an unknown user', { user: null }],
    ['has a disabled user', { user: { ...known, isActive: false } }],
    ['is older than its user allows', { user: { ...known, credentialsNotBeforeMs: (issuedAt + 1) * 1000 } }],
    [
      'goes by the id of another on record',
      { token: { hash: fingerprintOf('another'), userEmail: known.email, wantsUseNoted: false } },
    ],
  ])('does not hold for a token that %s', async (_case, facts) => {
    await expect(given({ ...clean, ...facts }).admit(await sign())).rejects.toMatchObject({
      code: 'auth.credential_invalid',
      message: 'The credential is not valid',
    });
  });

  it('holds the token on record to its user', async () => {
    const token = await sign();
    const record = (userEmail: string) =>
      given({ ...clean, token: { hash: fingerprintOf(token), userEmail, wantsUseNoted: true } });

    await expect(record('ann@example.org').admit(token)).resolves.toBeDefined();
    await expect(record('bob@example.org').admit(token)).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('takes unknown users for ordinary ones only where it is told to', async () => {
    const token = await sign({ is_admin: true, teams: null });

    expect((await given({ ...clean, user: null }, false).admit(token)).principal).toMatchObject({
      isAdmin: false,
      teams: [],
    });
  });

  it('refuses a token without iat once its user has a limit', async () => {
    const limited = given({ ...clean, user: { ...known, credentialsNotBeforeMs: 1 } });

    await expect(limited.admit(await sign({ iat: undefined }))).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
  });

  it('fails closed when the rows cannot be read', async () => {
    await expect(given(new Error('connection refused')).admit(await sign())).rejects.toMatchObject({
      code: 'auth.unavailable',
    });
  });

  it('does not look at rows for what is not signed', async () => {
    await expect(given(new Error('never asked')).admit('forged')).rejects.toMatchObject({
      code: 'auth.credential_invalid',
    });
    await expect(given(clean).admit(null)).rejects.toMatchObject({ code: 'auth.credential_missing' });
  });
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeepUpstreamCredential, PresentUpstreamCredential } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { type AuthCommands, authCommands } from '../src/index.js';
import { clientPurpose } from '../src/upstream-consent/clients/client-registration.service.js';
import { KeyRing } from '../src/encryption/key-ring.js';
import { tokenPurpose } from '../src/upstream-credentials/oauth/token-store.js';
import { ADMIN, type GivenAuth, givenAuth, makeDataDir } from './given-auth.js';

const logger = createLogger({ service: 'command', level: 'silent' });
type Env = Readonly<Record<string, string>>;
const commandsOf = (env: Env) => authCommands({ env, logger });
const tokenOf = (env: Env, user: string, options: Partial<Parameters<AuthCommands['createToken']>[0]> = {}) =>
  commandsOf(env).createToken({ user, expires: '7d', ...options });

let dataDir: string;
let auth: GivenAuth;
let beforeAnyStart: string;

beforeAll(async () => {
  dataDir = await makeDataDir();
  beforeAnyStart = await tokenOf({ SWITCHYARD_DATA_DIR: dataDir }, 'early@example.org', { expires: '1h' });
  auth = await givenAuth({}, dataDir);
});

afterAll(async () => {
  await auth?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const admit = (token: string) => auth.admission.admit(token);

describe('token create', () => {
  it('token create works on a data folder before the gateway has ever run', async () => {
    expect(await admit(beforeAnyStart)).toMatchObject({
      id: 'early@example.org',
      isAdmin: false,
      teams: [expect.any(String)],
      serverId: null,
    });
  });

  it('token create works beside a running gateway, and prints the token alone', async () => {
    const token = await tokenOf(auth.env, 'Root@Example.org', { admin: true });

    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await admit(token)).toMatchObject({
      id: 'root@example.org',
      isAdmin: true,
      teams: null,
      permissions: ['*'],
    });
  });

  it('token create works by DATABASE_URL', async () => {
    const [{ directory }] = await auth.database.query("SELECT current_setting('unix_socket_directories') AS directory");
    const { JWT_SECRET_KEY = '' } = JSON.parse(readFileSync(`${dataDir}/secrets.json`, 'utf8'));
    const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(directory.replaceAll('"', ''))}`;

    const token = await tokenOf({ DATABASE_URL: url, JWT_SECRET_KEY }, 'remote@example.org');

    expect(await admit(token)).toMatchObject({ id: 'remote@example.org' });
    await expect(tokenOf({ DATABASE_URL: url }, 'remote@example.org')).rejects.toThrow(/JWT_SECRET_KEY is required/);
  });

  it('token create scopes the token, and can be revoked like any other', async () => {
    const token = await tokenOf(auth.env, 'scoped@example.org', {
      server: 's1',
      permissions: 'tools.read,tools.execute',
    });
    expect(await admit(token)).toMatchObject({ serverId: 's1', permissions: ['tools.read', 'tools.execute'] });
    const admin = await auth.login(ADMIN, auth.adminPassword);
    const { body } = await auth.call('GET', '/tokens/admin/all', { token: admin });
    const { id } = body.tokens.find((record: { user_email: string }) => record.user_email === 'scoped@example.org');

    expect((await auth.call('DELETE', `/tokens/${id}`, { token: admin })).status).toBe(204);

    await expect((async () => admit(token))()).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('token create makes nobody an administrator who is one not, and an administrator’s plain token is plain', async () => {
    await tokenOf(auth.env, 'plain@example.org');

    await expect(tokenOf(auth.env, 'plain@example.org', { admin: true })).rejects.toThrow(/not an administrator/);
    expect(await admit(await tokenOf(auth.env, ADMIN))).toMatchObject({
      id: ADMIN,
      isAdmin: false,
    });
  });

  it.each([
    ['nobody', {}, /--user/],
    ['a@example.org', { expires: '7' }, /duration/],
    ['a@example.org', { expires: '0d' }, /duration/],
    ['a@example.org', { expires: '99999w' }, /duration/],
    ['a@example.org', { permissions: 'tools.raed' }, /no permission "tools.raed"/],
  ])('token create refuses %s with %o', async (user, options, reason) => {
    await expect(tokenOf(auth.env, user, options)).rejects.toThrow(reason);
  });

  it('token create refuses to be for nobody', async () => {
    await expect(commandsOf(auth.env).createToken({ expires: '7d' })).rejects.toThrow(/--user/);
  });
});

describe('user create', () => {
  it('user create makes a user who logs in with the password, once', async () => {
    expect(
      await commandsOf(auth.env).createUser({ user: 'new@example.org', password: 'five words make a phrase' }),
    ).toBe('created new@example.org');
    expect(await auth.login('new@example.org', 'five words make a phrase')).toEqual(expect.any(String));
    await expect(commandsOf(auth.env).createUser({ user: 'new@example.org' })).rejects.toThrow(/exists already/);
    await expect(
      commandsOf(auth.env).createUser({ user: 'weak@example.org', password: 'changeme1234' }),
    ).rejects.toThrow(/easy to guess/);
  });
});

const ISSUER = 'https://idp.example';

/** Tokens of two people and of everybody at one upstream, and the client that the gateway is there. */
const keepTokens = async (keyRing: KeyRing): Promise<void> => {
  for (const userEmail of ['', 'ann@example.org', 'bob@example.org']) {
    const { keyId, bytes } = keyRing.seal(`of ${userEmail}`, tokenPurpose({ upstreamId: 'u0', userEmail }));
    await auth.database.query(
      `INSERT INTO auth.upstream_tokens (upstream_id, user_email, credential_version, token_id, key_id, sealed)
       VALUES ('u0', $1, gen_random_uuid(), gen_random_uuid(), $2, $3)`,
      [userEmail, keyId, bytes],
    );
  }
  const { keyId, bytes } = keyRing.seal('client', clientPurpose('u0', ISSUER));
  await auth.database.query(
    `INSERT INTO auth.upstream_clients (id, upstream_id, issuer, client_id, key_id, sealed)
     VALUES (gen_random_uuid(), 'u0', $1, 'c', $2, $3)`,
    [ISSUER, keyId, bytes],
  );
};

/** What the key opens of them. */
const openTokens = async (keyRing: KeyRing): Promise<readonly string[]> => {
  type Row = { userEmail: string; keyId: string; bytes: Buffer };
  const rows: Row[] = await auth.database.query(
    `SELECT user_email AS "userEmail", key_id AS "keyId", sealed AS bytes FROM auth.upstream_tokens ORDER BY user_email`,
  );
  const [client]: Row[] = await auth.database.query(
    'SELECT key_id AS "keyId", sealed AS bytes FROM auth.upstream_clients',
  );
  const tokens = rows.map((row) => keyRing.open(row, tokenPurpose({ upstreamId: 'u0', userEmail: row.userEmail })));
  return [...tokens, keyRing.open(client as Row, clientPurpose('u0', ISSUER))];
};

describe('secrets reseal', () => {
  it('secrets reseal moves all that is sealed to the new key, which then opens it alone', async () => {
    const { AUTH_ENCRYPTION_SECRET: old = '' } = JSON.parse(readFileSync(`${dataDir}/secrets.json`, 'utf8'));
    const current = randomBytes(48).toString('base64url');
    for (let n = 0; n < 120; n += 1) {
      await auth.running.bus.ask(KeepUpstreamCredential, {
        upstreamId: `u${n}`,
        credential: { headers: { 'X-N': String(n) } },
      });
    }
    await keepTokens(new KeyRing(old, []));
    await auth.running.stop();

    await expect(commandsOf({ ...auth.env, AUTH_ENCRYPTION_SECRET: current }).resealSecrets()).rejects.toThrow(
      /no given secret opens/,
    );
    const env = { ...auth.env, AUTH_ENCRYPTION_SECRET: current, AUTH_ENCRYPTION_SECRETS_PREVIOUS: old };
    expect(await commandsOf(env).resealSecrets()).toBe('resealed 124');
    expect(await commandsOf(env).resealSecrets()).toBe('resealed 0');

    auth = await givenAuth({ AUTH_ENCRYPTION_SECRET: current }, dataDir);
    const opened = await openTokens(new KeyRing(current, []));
    expect(opened).toEqual(['of ', 'of ann@example.org', 'of bob@example.org', 'client']);
    for (const n of [0, 57, 119]) {
      const { head } = await auth.running.bus.ask(PresentUpstreamCredential, {
        upstreamId: `u${n}`,
        principalId: ADMIN,
      });
      expect(head.credential).toEqual({ headers: { 'X-N': String(n) } });
    }
  });
});

describe('secrets rotate', () => {
  it('secrets rotate makes new keys beside which tokens and credentials of the former ones are good, until those are retired', async () => {
    const folder = await makeDataDir();
    const before = await givenAuth({}, folder);
    const { env } = before;
    const old = await tokenOf(env, 'old@example.org');
    const credential = { headers: { 'X-Key': 'kept' } };
    await before.running.bus.ask(KeepUpstreamCredential, { upstreamId: 'u', credential });
    await expect(commandsOf(env).rotateSecrets()).rejects.toThrow(/in use by another gateway/);
    await before.close();
    const given = JSON.parse(readFileSync(`${folder}/secrets.json`, 'utf8'));

    expect(await commandsOf(env).rotateSecrets()).toBe('rotated JWT_SECRET_KEY, AUTH_ENCRYPTION_SECRET; resealed 1');
    const during = await givenAuth({}, folder);
    const fresh = await tokenOf(env, 'fresh@example.org');
    expect(await during.admission.admit(old)).toMatchObject({ id: 'old@example.org' });
    expect(await during.admission.admit(fresh)).toMatchObject({ id: 'fresh@example.org' });
    await expect(commandsOf(env).retireSecrets()).rejects.toThrow(/in use by another gateway/);
    await during.close();

    expect(await commandsOf(env).retireSecrets()).toBe(
      'resealed 0; retired former JWT_SECRET_KEY, AUTH_ENCRYPTION_SECRET',
    );
    expect(await commandsOf(env).retireSecrets()).toBe('there is no former value');
    const text = readFileSync(`${folder}/secrets.json`, 'utf8');
    for (const name of ['JWT_SECRET_KEY', 'AUTH_ENCRYPTION_SECRET']) expect(text).not.toContain(given[name]);
    const after = await givenAuth({}, folder);
    expect(await after.admission.admit(fresh)).toMatchObject({ id: 'fresh@example.org' });
    await expect((async () => after.admission.admit(old))()).rejects.toMatchObject({ code: 'auth.credential_invalid' });
    const { head } = await after.running.bus.ask(PresentUpstreamCredential, { upstreamId: 'u', principalId: ADMIN });
    expect(head.credential).toEqual(credential);
    await after.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('secrets rotate leaves alone what the environment gives, and says so', async () => {
    const DATABASE_URL = 'postgres://nobody@127.0.0.1:1/none';
    for (const command of ['rotateSecrets', 'retireSecrets'] as const)
      await expect(commandsOf({ DATABASE_URL })[command]()).rejects.toThrow(
        /change JWT_SECRET_KEY and JWT_SECRET_KEY_PREVIOUS/,
      );
  });
});

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeepUpstreamCredential, PresentUpstreamCredential } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { runAuthCommand } from '../src/index.js';
import { ADMIN, type GivenAuth, givenAuth, makeDataDir } from './given-auth.js';

const logger = createLogger({ service: 'command', level: 'silent' });
const run = (env: Readonly<Record<string, string>>, command: string, stdin = '') =>
  runAuthCommand(command.split(' '), { env, logger, readStdin: async () => stdin });

let dataDir: string;
let auth: GivenAuth;
let beforeAnyStart: string | null;

beforeAll(async () => {
  dataDir = await makeDataDir();
  beforeAnyStart = await run({ SWITCHYARD_DATA_DIR: dataDir }, 'token create --user early@example.org --expires 1h');
  auth = await givenAuth({}, dataDir);
});

afterAll(async () => {
  await auth?.close();
  await rm(dataDir, { recursive: true, force: true });
});

const admit = (token: string | null) => auth.admission.admit(token ?? '');

describe('token create', () => {
  it('token create works on a data folder before the gateway has ever run', async () => {
    expect(await admit(beforeAnyStart)).toMatchObject({
      id: 'early@example.org',
      isAdmin: false,
      teams: [],
      serverId: null,
    });
  });

  it('token create works beside a running gateway, and prints the token alone', async () => {
    const token = await run(auth.env, 'token create --user Root@Example.org --admin --expires 7d');

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

    const token = await run({ DATABASE_URL: url, JWT_SECRET_KEY }, 'token create --user remote@example.org');

    expect(await admit(token)).toMatchObject({ id: 'remote@example.org' });
    await expect(run({ DATABASE_URL: url }, 'token create --user remote@example.org')).rejects.toThrow(
      /JWT_SECRET_KEY is required/,
    );
  });

  it('token create scopes the token, and can be revoked like any other', async () => {
    const token = await run(
      auth.env,
      'token create --user scoped@example.org --server s1 --permissions tools.read,tools.execute',
    );
    expect(await admit(token)).toMatchObject({ serverId: 's1', permissions: ['tools.read', 'tools.execute'] });
    const admin = await auth.login(ADMIN, auth.adminPassword);
    const { body } = await auth.call('GET', '/tokens/admin/all', { token: admin });
    const { id } = body.tokens.find((record: { user_email: string }) => record.user_email === 'scoped@example.org');

    expect((await auth.call('DELETE', `/tokens/${id}`, { token: admin })).status).toBe(204);

    await expect((async () => admit(token))()).rejects.toMatchObject({ code: 'auth.credential_invalid' });
  });

  it('token create makes nobody an administrator who is one not, and an administrator’s plain token is plain', async () => {
    await run(auth.env, 'token create --user plain@example.org');

    await expect(run(auth.env, 'token create --user plain@example.org --admin')).rejects.toThrow(
      /not an administrator/,
    );
    expect(await admit(await run(auth.env, `token create --user ${ADMIN}`))).toMatchObject({
      id: ADMIN,
      isAdmin: false,
    });
  });

  it.each([
    'token create',
    'token create --user nobody',
    'token create --user a@example.org --expires 7',
    'token create --user a@example.org --expires 0d',
    'token create --user a@example.org --expires 99999w',
    'token create --user a@example.org --colour red',
    'token create --user a@example.org --permissions tools.raed',
  ])('token create refuses: %s', async (command) => {
    await expect(run(auth.env, command)).rejects.toThrow(/--user|duration|Unknown option|no permission "tools.raed"/);
  });

  it('token create leaves other commands to others', async () => {
    expect(await run(auth.env, 'token destroy')).toBeNull();
    expect(await run(auth.env, 'serve')).toBeNull();
  });
});

describe('user create', () => {
  it('user create takes the password from standard input', async () => {
    expect(
      await run(auth.env, 'user create --user new@example.org --password-stdin', 'five words make a phrase\n'),
    ).toBe('created new@example.org');
    expect(await auth.login('new@example.org', 'five words make a phrase')).toEqual(expect.any(String));
    await expect(run(auth.env, 'user create --user new@example.org')).rejects.toThrow(/exists already/);
    await expect(
      run(auth.env, 'user create --user weak@example.org --password-stdin', 'changeme1234\n'),
    ).rejects.toThrow(/easy to guess/);
  });
});

describe('secrets reseal', () => {
  it('secrets reseal moves every credential to the new key, which then opens them alone', async () => {
    const { AUTH_ENCRYPTION_SECRET: old = '' } = JSON.parse(readFileSync(`${dataDir}/secrets.json`, 'utf8'));
    const current = randomBytes(48).toString('base64url');
    for (let n = 0; n < 120; n += 1) {
      await auth.running.bus.ask(KeepUpstreamCredential, {
        upstreamId: `u${n}`,
        credential: { headers: { 'X-N': String(n) } },
      });
    }
    await auth.running.stop();

    await expect(run({ ...auth.env, AUTH_ENCRYPTION_SECRET: current }, 'secrets reseal')).rejects.toThrow(
      /no given secret opens/,
    );
    const env = { ...auth.env, AUTH_ENCRYPTION_SECRET: current, AUTH_ENCRYPTION_SECRETS_PREVIOUS: old };
    expect(await run(env, 'secrets reseal')).toBe('resealed 120');
    expect(await run(env, 'secrets reseal')).toBe('resealed 0');

    auth = await givenAuth({ AUTH_ENCRYPTION_SECRET: current }, dataDir);
    for (const n of [0, 57, 119]) {
      const { head } = await auth.running.bus.ask(PresentUpstreamCredential, {
        upstreamId: `u${n}`,
        principalId: ADMIN,
      });
      expect(head.credential).toEqual({ headers: { 'X-N': String(n) } });
    }
  });
});

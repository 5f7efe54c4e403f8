import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJwt } from 'jose';
import { type Bus, WithBody, connectNats } from '#libs/bus';
import {
  CredentialRevoked,
  DescribeUpstreamTokens,
  KeepUpstreamCredential,
  type OAuthClient,
  PostForm,
  PresentUpstreamCredential,
  ShowGateways,
} from '#libs/contracts';
import { CallerAdmission } from '#libs/identity';
import { type RunningService, startService } from '#libs/service';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer, temporaryFolder } from '#libs/testing';
import { authService, issueAdminToken } from '../src/index.js';
import { ADMIN } from './given-auth.js';

const logger = createLogger({ service: 'auth', level: 'silent' });

let folder: string;
let postgres: EmbeddedPostgres;
let nats: NatsServer;
let replicas: RunningService[];
let env: Record<string, string>;
let edgeBus: Bus;
let admission: CallerAdmission;

beforeAll(async () => {
  folder = temporaryFolder('auth-nats');
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger });
  nats = await startNatsServer();
  const { socketDir = '' } = postgres.location as { socketDir?: string };
  env = {
    DATABASE_URL: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(socketDir)}`,
    NATS_URL: nats.url,
    PORT: '0',
    DB_POOL_TIMEOUT: '60',
    DB_STATEMENT_TIMEOUT_MS: '60000',
    DB_LOCK_TIMEOUT_MS: '60000',
    PUBLIC_URL: 'https://gateway.example',
    JWT_SECRET_KEY: randomBytes(48).toString('base64url'),
    AUTH_ENCRYPTION_SECRET: randomBytes(48).toString('base64url'),
  };
  replicas = await Promise.all([1, 2].map(() => startService({ parts: [authService], env, logger })));
  edgeBus = await connectNats({ servers: nats.url, name: 'ingress', logger });
  admission = new CallerAdmission(edgeBus, { ttlMs: 3_600_000, staleMaxMs: 0, max: 100, authRequired: true });
});

afterAll(async () => {
  admission?.close();
  await edgeBus?.drain();
  for (const replica of replicas ?? []) await replica.stop();
  await nats?.stop();
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const rest = async (replica: number, method: string, path: string, token: string, body?: object) => {
  const response = await fetch(`${replicas[replica]?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- an answer under test, looked into by matchers
  return response.status === 204 ? null : (response.json() as Promise<any>);
};

const adminToken = async (): Promise<string> => {
  const [replica] = replicas;
  if (replica === undefined) throw new Error('no replica');
  return (await issueAdminToken(replica.application, 3_600_000)).token;
};

const verdict = async (credential: string, by: CallerAdmission = admission): Promise<string> => {
  try {
    return (await by.admit(credential)).id;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Many answers at once, in as many rounds as it takes until each replica has given some. */
const answersOfBoth = async <Answer extends { readonly instance: string }>(
  ask: () => Promise<Answer>,
): Promise<readonly Answer[]> => {
  const answers: Answer[] = [];
  do answers.push(...(await Promise.all(Array.from({ length: 16 }, ask))));
  while (new Set(answers.map(({ instance }) => instance)).size < 2);
  return answers;
};

describe('two replicas of auth over NATS', () => {
  it('a replica of auth that was given another key says so, and so do the others', async () => {
    const warnings = async (url = ''): Promise<unknown> => {
      const answer = await fetch(`${url}/ready`);
      return [answer.status, ((await answer.json()) as { warnings?: unknown }).warnings];
    };
    expect(await warnings(replicas[0]?.url)).toEqual([200, undefined]);
    const other = { ...env, JWT_SECRET_KEY: randomBytes(48).toString('base64url') };
    const stranger = await startService({ parts: [authService], env: other, logger });
    const told = { 'keys of auth': 'other replicas have another JWT_SECRET_KEY' };
    for (const url of [stranger.url, replicas[0]?.url, replicas[1]?.url])
      await expect.poll(() => warnings(url)).toEqual([200, told]);
    await stranger.stop();
  });

  it('two replicas of auth start together on an empty database, and know the same users', async () => {
    const token = await adminToken();

    expect(await verdict(token)).toBe(ADMIN);
    expect(await rest(0, 'GET', '/auth/email/me', token)).toMatchObject({ email: ADMIN });
    expect(await rest(1, 'GET', '/auth/email/me', token)).toMatchObject({ email: ADMIN });
  });

  it('two replicas of auth end a token everywhere, whichever of them was told', async () => {
    const admin = await adminToken();
    for (const replica of [0, 1, 0, 1]) {
      const { token, access_token: value } = await rest(replica, 'POST', '/tokens', admin, {
        name: randomBytes(4).toString('hex'),
      });
      expect(await verdict(value)).toBe(ADMIN);
      expect(await rest(1 - replica, 'GET', '/auth/email/me', value)).toMatchObject({ email: ADMIN });

      await rest(replica, 'DELETE', `/v1/tokens/${token.id}`, admin);

      await expect.poll(() => verdict(value), { interval: 5 }).toBe('auth.credential_invalid');
      await expect
        .poll(() => rest(1 - replica, 'GET', '/auth/email/me', value))
        .toMatchObject({ code: 'auth.credential_invalid' });
    }
  });

  it('two replicas of auth get one access token for an upstream, renew it once, and leave a server alone that refuses', async () => {
    const tools = await connectNats({ servers: nats.url, name: 'tool-invocation', logger });
    const client: OAuthClient = {
      grantType: 'client_credentials',
      issuer: null,
      tokenUrl: 'https://as.example/token',
      clientId: 'good',
      clientSecret: 'planted secret',
      privateKey: null,
      tokenEndpointAuthMethod: 'client_secret_post',
      tokenEndpointAuthSigningAlg: null,
      privateKeyJwtKid: null,
      scopes: [],
      resource: null,
      audience: null,
    };
    let posted = 0;
    let lifeS = 1;
    tools.answer(PostForm, async (_request, { body }) => {
      posted += 1;
      const isGood = new URLSearchParams(body).get('client_id') === 'good';
      const token = { access_token: `planted token ${posted}`, token_type: 'Bearer', expires_in: lifeS };
      return new WithBody({ status: isGood ? 200 : 401 }, JSON.stringify(isGood ? token : { error: 'invalid_client' }));
    });
    await tools.flush();
    const keep = (oauth: OAuthClient | null) =>
      edgeBus.ask(KeepUpstreamCredential, { upstreamId: 'u', credential: oauth === null ? null : { oauth } });
    const shown = async () => {
      const ask = () => edgeBus.ask(PresentUpstreamCredential, { upstreamId: 'u', principalId: ADMIN });
      const answers = await answersOfBoth(ask);
      return new Set(answers.map(({ head }) => head.credential?.headers?.['Authorization']));
    };

    await keep(client);
    // One that ends at once is good for nobody but who waited for it.
    await shown();
    const before = posted;
    lifeS = 3_600;
    expect([await shown(), posted]).toEqual([new Set([`Bearer planted token ${before + 1}`]), before + 1]);
    expect([await shown(), posted]).toEqual([new Set([`Bearer planted token ${before + 1}`]), before + 1]);

    await keep({ ...client, clientId: 'bad' });
    await expect(shown()).rejects.toMatchObject({ code: 'upstream.unauthorised' });
    await expect(shown()).rejects.toMatchObject({ message: expect.stringContaining('invalid_client') });
    expect(posted).toBe(before + 2);
    const { tokens } = (await edgeBus.ask(DescribeUpstreamTokens, { upstreamIds: ['u', 'nobody'] })).head;
    expect(tokens).toEqual({
      u: { obtainedAt: null, expiresAt: null, failure: expect.any(String), failedAt: expect.any(String) },
    });

    await keep(client);
    expect((await shown()).size).toBe(1);
    await keep(null);
    await tools.drain();
  });

  it('two replicas of auth take a consent that either began, renew it once with each refresh token, and see its end alike', async () => {
    const upstreamId = '0123456789abcdef0123456789abcdef';
    const [tools, registry] = (await Promise.all(
      ['tool-invocation', 'registry'].map((name) => connectNats({ servers: nats.url, name, logger })),
    )) as [Bus, Bus];
    registry.answer(ShowGateways, async () => ({ gateways: [{ id: upstreamId, name: 'Notes', origin: null }] }));
    const used: string[] = [];
    let lifeS = 1;
    let isOver = false;
    tools.answer(PostForm, async (_request, { body }) => {
      const form = new URLSearchParams(body);
      const by = form.get('code') ?? form.get('refresh_token') ?? '';
      used.push(by);
      if (isOver) return new WithBody({ status: 400 }, '{"error":"invalid_grant"}');
      const tokens = { access_token: `token after ${by}`, refresh_token: `planted ${used.length}` };
      return new WithBody({ status: 200 }, JSON.stringify({ ...tokens, token_type: 'Bearer', expires_in: lifeS }));
    });
    await Promise.all([tools.flush(), registry.flush()]);
    const credential: OAuthClient = {
      grantType: 'authorization_code',
      issuer: null,
      authorizationUrl: 'https://as.example/auth',
      tokenUrl: 'https://as.example/token',
      clientId: 'good',
      clientSecret: null,
      privateKey: null,
      tokenEndpointAuthMethod: 'none',
      tokenEndpointAuthSigningAlg: null,
      privateKeyJwtKid: null,
      scopes: [],
      resource: null,
      audience: null,
    };
    await edgeBus.ask(KeepUpstreamCredential, { upstreamId, credential: { oauth: credential } });
    const ask = () => edgeBus.ask(PresentUpstreamCredential, { upstreamId, principalId: ADMIN });
    await expect(ask()).rejects.toMatchObject({ code: 'upstream.consent_needed', data: { state: 'needs_consent' } });

    const begun = await fetch(`${replicas[0]?.url}/oauth/authorize/${upstreamId}`, {
      redirect: 'manual',
      headers: { authorization: `Bearer ${await adminToken()}` },
    });
    const asked = new URL(begun.headers.get('location') ?? '').searchParams;
    expect(asked.get('redirect_uri')).toBe('https://gateway.example/oauth/callback');
    const cookie = begun.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-switchyard_consent_[^;]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/);
    const back = await fetch(`${replicas[1]?.url}/oauth/callback?code=planted&state=${asked.get('state')}`, {
      headers: { cookie: cookie.split(';', 1)[0] ?? '' },
    });
    expect([back.status, await back.text()]).toEqual([200, expect.stringMatching(`Notes.*for <strong>${ADMIN}`)]);

    // One that ends at once is good for nobody but who waited for it.
    const shown = async () => {
      const answers = await answersOfBoth(ask);
      return new Set(answers.map(({ head }) => head.credential?.headers?.['Authorization']));
    };
    await shown();
    lifeS = 4;
    const before = used.length;
    const renewed = await shown();
    // One, unless the machine stood still for its life.
    expect([...renewed].toSorted()).toEqual(
      used
        .slice(before)
        .map((by) => `Bearer token after ${by}`)
        .toSorted(),
    );
    expect(new Set(used).size).toBe(used.length);
    isOver = true;
    await expect
      .poll(() => ask().catch((error: unknown) => error))
      .toMatchObject({ code: 'upstream.consent_needed', data: { state: 'needs_reauth' } });
    const { tokens } = (await edgeBus.ask(DescribeUpstreamTokens, { upstreamIds: [upstreamId], userEmail: ADMIN }))
      .head;
    expect(tokens[upstreamId]).toMatchObject({ needsReauth: true, failure: expect.stringContaining('invalid_grant') });
    await edgeBus.ask(KeepUpstreamCredential, { upstreamId, credential: null });
    await Promise.all([tools.drain(), registry.drain()]);
  });

  it('two replicas of auth are believed while the bus is away, but not once it is back and news may have been lost', async () => {
    const known = await adminToken();
    const unknown = await adminToken();
    await verdict(known);

    await nats.kill();
    await expect.poll(() => edgeBus.connected).toBe(false);
    expect(await verdict(known)).toBe(ADMIN);
    expect(await verdict(unknown)).toBe('auth.unavailable');

    const back = new Promise<void>((resolve) => {
      edgeBus.onReconnect(() => resolve());
    });
    await nats.restart();
    await back;
    const asked = admission.admit(known);
    expect(asked).toBeInstanceOf(Promise);
    // Auth may not be back yet; what counts is that it was asked.
    await Promise.allSettled([asked]);
    await expect.poll(() => verdict(known)).toBe(ADMIN);
    await expect.poll(() => verdict(unknown)).toBe(ADMIN);
  });

  it('two replicas of auth without their database let those go on whom they vouched for, and administer nothing', async () => {
    const options = { ttlMs: 100, max: 100, authRequired: true };
    const lenient = new CallerAdmission(edgeBus, { ...options, staleMaxMs: 600_000 });
    const strict = new CallerAdmission(edgeBus, { ...options, staleMaxMs: 0 });
    const verdicts = async (credential: string): Promise<string[]> =>
      Promise.all([lenient, strict].map((one) => verdict(credential, one)));
    const [known, revoked, unknown] = [await adminToken(), await adminToken(), await adminToken()];
    for (const token of [known, revoked]) expect(await verdicts(token)).toEqual([ADMIN, ADMIN]);
    await postgres.stop();

    await expect.poll(() => verdicts(known)).toEqual([ADMIN, 'auth.unavailable']);
    expect(await verdicts(unknown)).toEqual(['auth.unavailable', 'auth.unavailable']);
    expect(await rest(0, 'GET', '/auth/email/me', unknown)).toMatchObject({ code: 'auth.unavailable' });
    const elsewhere = await connectNats({ servers: nats.url, name: 'auth', logger });
    elsewhere.publish(CredentialRevoked, { tokenId: String(decodeJwt(revoked).jti) });
    await elsewhere.flush();
    await expect.poll(() => verdicts(revoked)).toEqual(['auth.unavailable', 'auth.unavailable']);
    expect(await verdict(known, lenient)).toBe(ADMIN);
    await elsewhere.drain();

    postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), logger });
    for (const token of [unknown, revoked]) await expect.poll(() => verdicts(token)).toEqual([ADMIN, ADMIN]);
    for (const one of [lenient, strict]) one.close();
  });

  it('two replicas of auth leave nobody in whom nobody knows, once they are gone', async () => {
    const known = await adminToken();
    const unknown = await adminToken();
    await verdict(known);
    for (const replica of replicas.splice(0)) await replica.stop();

    expect(await verdict(unknown)).toBe('auth.unavailable');
    expect(await verdict(known)).toBe(ADMIN);
  });
});

import { decodeJwt } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Gateway, type McpDouble, freePort, startGateway, startMcpDouble } from '#libs/testing';
import { CLIENT, Company } from './token-exchange/company.js';

const ANN = 'ann@example.org';
/** Of one person at one upstream. */
const KEPT_MAX = 16;

let company: Company;
let upstream: McpDouble;
let gateway: Gateway;
let database: Client;
let endpoint: string;
/** What the upstream was shown with calls. */
const shown: string[] = [];

/** A call at the next replica of ingress. */
const call = async (token: string): Promise<string> => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'orders-list', arguments: {} },
    }),
  });
  const text = await response.text();
  return text.includes('two orders') ? 'served' : `${response.status} ${text}`;
};

const each = (tokens: readonly string[], times: number): Promise<string[]> =>
  Promise.all(Array.from({ length: times }, () => tokens.map(call)).flat());

const kept = async (email: string): Promise<number> => {
  const { rows } = await database.query('SELECT FROM auth.upstream_tokens WHERE user_email = $1', [email]);
  return rows.length;
};

const revoke = async (token: string): Promise<void> => {
  await gateway.admin.call('DELETE', `/tokens/admin/${decodeJwt(token).jti}`);
};

beforeAll(async () => {
  const frontPort = await freePort();
  company = await Company.start();
  endpoint = `http://127.0.0.1:${frontPort}/mcp`;
  upstream = await startMcpDouble({
    name: 'orders',
    tools: [{ name: 'list', description: 'lists orders', inputSchema: { type: 'object' } }],
    call: () => '"content":[{"type":"text","text":"two orders"}]',
    intercept: ({ req, res, message }) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? [];
      if (message.method === 'tools/call') shown.push(token);
      const isGood = token !== '' && decodeJwt(token).aud === upstream.url;
      if (!isGood) res.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
      return !isGood;
    },
  });
  gateway = await startGateway({
    mode: 'distributed',
    replicas: 2,
    frontPort,
    env: {
      PUBLIC_URL: `http://127.0.0.1:${frontPort}`,
      TRUSTED_ISSUERS: JSON.stringify([
        { issuer: company.issuer, domains: ['example.org'], createUsers: true, exchangeAt: [] },
      ]),
    },
  });
  const location = gateway.postgres?.location as { socketDir: string };
  database = new Client({ host: location.socketDir, user: 'postgres', database: 'postgres' });
  await database.connect();
  await gateway.admin.call('POST', '/gateways', {
    name: 'orders',
    url: upstream.url,
    visibility: 'public',
    auth_type: 'oauth',
    oauth_config: { grant_type: 'token-exchange', issuer: company.issuer, ...CLIENT, scopes: ['orders:read'] },
  });
});
afterAll(async () => {
  await database?.end();
  await gateway?.stop();
  await upstream?.stop();
  await company?.stop();
});
beforeEach(() => {
  company.lifeS = 300;
  company.exchanged.length = 0;
  shown.length = 0;
});

const tokenOf = (email: string, client: string, life = '5m'): Promise<string> =>
  company.tokenOf(email, endpoint, { client_id: client }, life);

describe('tokens of callers that two replicas of every service have exchanged', () => {
  it('two replicas exchange each of two tokens of one person once when their clients call in turn', async () => {
    const tokens = await Promise.all(['one', 'two'].map((client) => tokenOf(ANN, client)));
    expect(new Set(await each(tokens, 8))).toEqual(new Set(['served']));
    for (const token of [...tokens, ...tokens, ...tokens]) expect(await call(token)).toBe('served');
    // Another token of the same client, which no replica has seen.
    expect(await call(await tokenOf(ANN, 'one'))).toBe('served');
    expect(company.exchanged.toSorted()).toEqual(tokens.toSorted());
    expect(new Set(shown).size).toBe(2);
    expect(await kept(ANN)).toBe(2);
  });

  it('what a token was exchanged for is shown no more when that is revoked, and nothing is exchanged for it', async () => {
    const email = 'revoked@example.org';
    const [ended, other] = await Promise.all([tokenOf(email, 'one'), tokenOf(email, 'two')]);
    const next = await tokenOf(email, 'one');
    expect(new Set(await each([ended, other, next], 4))).toEqual(new Set(['served']));
    expect(company.exchanged).toHaveLength(2);
    const [first = ''] = company.exchanged.filter((token) => token !== other);
    const survivor = first === ended ? next : ended;
    const before = new Set(shown);
    await revoke(first);
    await expect.poll(() => kept(email)).toBe(1);
    shown.length = 0;
    const answers = await each([first, other, survivor], 4);
    expect(answers.filter((answer) => answer === 'served')).toHaveLength(8);
    expect(answers.filter((answer) => answer.startsWith('401 '))).toHaveLength(4);
    // The one of the other client goes on; that of the next token of the same client is made of that token.
    expect(company.exchanged.slice(2)).toEqual([survivor]);
    expect(new Set(shown).size).toBe(2);
    expect([...new Set(shown)].filter((token) => before.has(token))).toHaveLength(1);
    expect(await kept(email)).toBe(2);
  });

  it('what tokens of a person were exchanged for is gone when the person is disabled', async () => {
    const email = 'disabled@example.org';
    const token = await tokenOf(email, 'one');
    expect(await call(token)).toBe('served');
    await gateway.admin.call('PUT', `/auth/email/admin/users/${email}`, { is_active: false });
    await expect.poll(() => kept(email)).toBe(0);
    expect(await call(token)).toMatch(/^401 /);
    expect(company.exchanged).toEqual([token]);
  });

  it('what a token was exchanged for ends with that token, however long it would live, and is swept', async () => {
    const email = 'short@example.org';
    const short = await tokenOf(email, 'one', '20s');
    expect(await call(short)).toBe('served');
    const long = await tokenOf(email, 'one');
    expect(await call(long)).toBe('served');
    expect(company.exchanged).toEqual([short]);
    const endsAtMs = Number(decodeJwt(short).exp) * 1_000;
    await expect.poll(() => Date.now()).toBeGreaterThan(endsAtMs);
    expect(await call(long)).toBe('served');
    expect(company.exchanged).toEqual([short, long]);
    expect(new Set(shown).size).toBe(2);

    const gone = 'gone@example.org';
    expect(await call(await tokenOf(gone, 'one', '20s'))).toBe('served');
    company.lifeS = 15;
    expect(await call(await tokenOf(gone, 'two'))).toBe('served');
    expect(await kept(gone)).toBe(2);
    await expect.poll(() => kept(gone)).toBe(0);
    expect(await kept(email)).toBe(1);
  });

  it('a person has no more than so many exchanged tokens at an upstream, of which the oldest make room', async () => {
    const email = 'many@example.org';
    for (let client = 0; client < KEPT_MAX + 4; client += 1)
      expect(await call(await tokenOf(email, `client ${client}`))).toBe('served');
    expect(await kept(email)).toBe(KEPT_MAX);
    const exchanged = company.exchanged.length;
    // A token that no replica remembers: what was kept of the newest is still there, and nothing of the oldest.
    expect(await call(await tokenOf(email, `client ${KEPT_MAX + 3}`))).toBe('served');
    expect(company.exchanged).toHaveLength(exchanged);
    expect(await call(await tokenOf(email, 'client 0'))).toBe('served');
    expect(company.exchanged).toHaveLength(exchanged + 1);
  });
});

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type ConformanceFixture, SERVICES, type Service, freePort, startConformanceFixture } from '#libs/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { askModern } from './isolation/endpoint-client.js';
import { OAuthClient } from './sign-in/oauth-client.js';
import { Person } from './sign-in/person.js';
import { summaryOf } from './traffic/audit.js';
import { type Called, callLegacy, callModern, openSession, sessionHeaders } from './traffic/caller.js';
import { type GivenGateway, givenGateway, showLogsOnFailure } from './traffic/given-gateway.js';
import { Registering, lostBy } from './traffic/registering.js';

let given: GivenGateway;
let fixture: ConformanceFixture;
const calls: Called[] = [];
const PASSWORD = 'of the first administrator';

beforeAll(async () => {
  fixture = await startConformanceFixture({});
  const frontPort = await freePort();
  const env = {
    PUBLIC_URL: `http://127.0.0.1:${frontPort}`,
    PLATFORM_ADMIN_FIRST_PASSWORD: PASSWORD,
    // Longer than it takes to hold a silent process for dead, however late its last sign comes.
    TOOL_TIMEOUT: '60',
    // Longer than anything is waited for here: a revocation is heard of, or found out.
    JWT_CACHE_TTL: '300',
  };
  given = await givenGateway({ mode: 'distributed', replicas: 2, frontPort, env }, 20);
});
afterAll(async () => {
  await given?.stop();
  await fixture?.stop();
});
beforeEach(() => showLogsOnFailure(() => given));

const urlOf = (service: Service, replica: number): string => given.gateway.process(service, replica).url;

const rest = async (
  [service, replica]: readonly [Service, number],
  method: string,
  path: string,
  body?: object,
  token = given.gateway.adminToken,
) => {
  const response = await fetch(`${urlOf(service, replica)}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // oxlint-disable-next-line typescript/no-explicit-any -- an answer under test, looked into by matchers
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as any };
};

const toolsSeenBy = async (replica: number): Promise<string[]> => {
  const client = await given.gateway.client('modern', { url: urlOf('ingress', replica) });
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name }) => name);
};

describe('two replicas of every service', () => {
  it('two replicas of every service sign a client in together, and out at once on both', async () => {
    const client = await OAuthClient.register(given.gateway.url);
    const tokens = await client.signIn(new Person('admin@example.com', PASSWORD));
    const statuses = (token: unknown) =>
      Promise.all(
        [0, 1].map(async (replica) => {
          const { status } = await fetch(`${urlOf('ingress', replica)}/mcp`, {
            method: 'POST',
            headers: {
              authorization: `Bearer ${String(token)}`,
              'content-type': 'application/json',
              accept: 'application/json, text/event-stream',
            },
            body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }),
          });
          return status;
        }),
      );
    const renewed = await Promise.all([1, 2, 3].map(() => client.refresh(tokens['refresh_token'])));
    expect(renewed.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const { body } of renewed) expect(await statuses(body['access_token'])).toEqual([200, 200]);

    const last = renewed[2]?.body;
    expect((await client.post('/revoke', { token: String(last?.['refresh_token']) })).status).toBe(200);
    await expect.poll(() => statuses(last?.['access_token']), { interval: 50 }).toEqual([401, 401]);
  });

  it('two replicas of every service serve a session wherever it was opened: calls, its stream, its end', async () => {
    const other = await given.gateway.admin.register({ name: 'other', url: `${given.ledger.url}/other` });
    const server = await given.gateway.admin.createServer('of two');
    const [first, second] = [0, 1].map((replica) => ({
      ...given.target,
      url: `${urlOf('ingress', replica)}/servers/${server.id}/mcp`,
    }));
    if (first === undefined || second === undefined) throw new Error('there are two');
    const session = (await openSession(first)) ?? '';
    const headers = { authorization: `Bearer ${first.token}`, ...sessionHeaders(session) };

    const called: Called[] = [];
    for (const at of [second, first, second]) called.push(await callLegacy(at, session));
    calls.push(...called);
    expect(summaryOf(called)).toEqual({ ok: 3 });

    const stream = await fetch(second.url, { headers: { ...headers, accept: 'text/event-stream' } });
    expect(stream.status).toBe(200);
    const said = readAll(stream);
    await rest(['registry', 0], 'DELETE', `/gateways/${other.id}`);
    await expect.poll(said.text).toContain('notifications/tools/list_changed');

    expect((await fetch(first.url, { method: 'DELETE', headers })).status).toBe(204);
    await said.ended;
    for (const at of [first, second]) {
      const late = await callLegacy(at, session);
      calls.push(late);
      expect(late.ending).toMatchObject({ kind: 'refused', httpStatus: 404 });
    }
  });

  it.each(['legacy', 'modern'] as const)(
    'two replicas of every service take the answers of a %s client to whichever call waits',
    async (era) => {
      const name = `asks ${era}`;
      const asking = await given.gateway.admin.register({ name, url: fixture.url, toolPrefix: '' });
      const server = await given.gateway.admin.createServer(name, [asking]);
      const client = new Client(
        { name: 'test', version: '1' },
        {
          capabilities: { elicitation: {} },
          versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
        },
      );
      client.setRequestHandler('elicitation/create', async () => ({
        action: 'accept' as const,
        content: { username: 'ann', email: 'ann@example.com' },
      }));
      const requestInit = { headers: { authorization: `Bearer ${given.gateway.adminToken}` } };
      const url = new URL(`${given.gateway.url}/servers/${server.id}/mcp`);
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
      for (let n = 0; n < 4; n++) {
        const answer = await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } });
        expect(JSON.stringify(answer.content)).toContain('action=accept');
      }
      await client.close();
      await given.gateway.admin.call('DELETE', `/gateways/${asking.id}`);
    },
  );

  it('two replicas of every service see at once what was written through the other one', async () => {
    for (const writer of [0, 1]) {
      const name = `written by ${writer}`;
      const slug = name.replaceAll(' ', '-');
      const created = await rest(['registry', writer], 'POST', '/gateways', {
        name,
        url: `${given.ledger.url}/${slug}`,
      });
      expect(created.status).toBe(201);
      const { id } = created.body;
      for (const reader of [0, 1]) {
        expect((await rest(['registry', reader], 'GET', `/gateways/${id}`)).body).toMatchObject({ name });
        await expect.poll(() => toolsSeenBy(reader)).toContain(`${slug}-record`);
      }
      expect((await rest(['registry', 1 - writer], 'DELETE', `/gateways/${id}`)).status).toBeLessThan(300);
      for (const reader of [0, 1]) {
        expect((await rest(['registry', reader], 'GET', `/gateways/${id}`)).status).toBe(404);
        await expect.poll(() => toolsSeenBy(reader)).not.toContain(`${slug}-record`);
      }
    }
  });

  it('two replicas of every service refuse a token everywhere as soon as either replica of auth has revoked it', async () => {
    const faces = [0, 1].flatMap((replica) => [
      () => statusOfList(replica),
      ...(['auth', 'registry', 'metrics'] as const).map(
        (service) => async () => (await rest([service, replica], 'GET', PLAIN[service], undefined, value)).status,
      ),
    ]);
    let value = '';
    const statusOfList = async (replica: number): Promise<number> => {
      const response = await fetch(`${urlOf('ingress', replica)}/rpc`, {
        method: 'POST',
        headers: { authorization: `Bearer ${value}`, 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      });
      await response.text();
      return response.status;
    };
    for (const revoker of [0, 1]) {
      const made = await rest(['auth', 1 - revoker], 'POST', '/tokens', { name: `short-lived ${revoker}` });
      value = made.body.access_token;
      expect(await Promise.all(faces.map((status) => status()))).toEqual(faces.map(() => 200));

      await rest(['auth', revoker], 'DELETE', `/tokens/${made.body.token.id}`);

      await Promise.all(faces.map((status) => expect.poll(status, { interval: 20 }).toBe(401)));
    }
  });

  it('two replicas of every service filter open streams anew, or end them, when teams, roles and accounts change', async () => {
    const [email, password] = ['ann@example.org', 'four little words more'];
    const users = '/auth/email/admin/users';
    await rest(['auth', 0], 'POST', users, { email, password });
    const { access_token: token } = (await rest(['auth', 0], 'POST', '/auth/login', { email, password })).body;
    const team = (await rest(['auth', 0], 'POST', '/teams', { name: 'Insiders' })).body;
    const shown = { url: `${given.ledger.url}/insiders`, visibility: 'team', teamId: team.id } as const;
    const inside = await given.gateway.admin.register({ name: 'insiders', ...shown });
    const role = (
      await rest(['auth', 0], 'POST', '/rbac/roles', { name: 'reigns', scope: 'global', permissions: ['*'] })
    ).body;
    const listen = async (replica: number) => {
      const notifications = { toolsListChanged: true };
      const stream = await askModern({ url: `${urlOf('ingress', replica)}/mcp`, token }, 'subscriptions/listen', {
        notifications,
      });
      await stream.hear(({ method }) => method === 'notifications/subscriptions/acknowledged');
      return stream;
    };
    const streams = await Promise.all([listen(0), listen(1)]);
    const heard = () => streams.map(({ text }) => text.split('notifications/tools/list_changed').length - 1);
    const changes: (readonly [string, string, object?])[] = [
      ['POST', `/teams/${team.id}/members`, { email, role: 'member' }],
      ['DELETE', `/teams/${team.id}/members/${email}`],
      ['POST', `/rbac/users/${email}/roles`, { role_id: role.id, scope: 'global' }],
      ['PUT', `/rbac/roles/${role.id}`, { permissions: ['tools.read'] }],
    ];
    for (const [index, [method, path, body]] of changes.entries()) {
      expect((await rest(['auth', index % 2], method, path, body)).status).toBeLessThan(300);
      await expect.poll(heard, { interval: 5 }).toEqual([index + 1, index + 1]);
    }
    await rest(['auth', 1], 'PATCH', `${users}/${email}`, { is_active: false });
    await Promise.all(streams.map(({ ended }) => ended));
    await given.gateway.admin.call('DELETE', `/gateways/${inside.id}`);
  });

  it('two replicas of every service keep what a killed process had in its outbox, and what became of its calls', {
    timeout: 480_000,
  }, async () => {
    const { gateway, ledger, target } = given;
    await Promise.all([0, 1].map((replica) => given.kill('metrics', replica)));
    const answered = await Promise.all(Array.from({ length: 24 }, () => callModern(target)));
    const before = ledger.requests;
    ledger.latencyMs = 8_000;
    const running = Array.from({ length: 12 }, () => callModern(target));
    await expect.poll(() => ledger.requests - before, { interval: 5 }).toBe(12);
    await given.kill('tool-invocation', 1);
    const interrupted = await Promise.all(running);
    ledger.latencyMs = 20;
    calls.push(...answered, ...interrupted);
    expect(summaryOf(answered)).toEqual({ ok: 24 });
    const { ok = 0, ...lost } = summaryOf(interrupted);
    expect(lost).toEqual({ 'unknown bus.responder_lost': 12 - ok });
    const recordOf = async ({ id }: Called) =>
      (await given.books()).rows.find(({ traceId }) => traceId === id)?.outcome;

    await Promise.all([0, 1].map((replica) => gateway.restart('metrics', replica)));
    for (const call of interrupted.filter(({ ending }) => ending.kind === 'unknown')) {
      await expect.poll(() => recordOf(call)).toBe('unknown');
    }
    await sleep(SHIPPED_AFTER_MS);
    const recorded = await Promise.all(answered.map(recordOf));
    expect(recorded.filter((outcome) => outcome === undefined).length).toBeGreaterThan(0);

    await gateway.restart('tool-invocation', 1);
    await given.agreesWith(calls);
  });

  it('two replicas of every service lose and double nothing while one of each is killed and comes back, in turn', {
    timeout: 600_000,
  }, async () => {
    const traffic = await given.traffic({ modern: 5, legacy: 3 });
    const intruder = await given.traffic({ modern: 1, pauseMs: 50, tokens: [`${given.gateway.adminToken}x`] });
    const registering = new Registering(given.gateway, given.ledger.url, 'under-fire');
    await traffic.goesOn(10);
    for (const [index, service] of SERVICES.entries()) {
      const replica = index % 2;
      await given.kill(service, replica);
      await traffic.goesOn(10);
      await registering.goesOn();
      await given.gateway.restart(service, replica);
      await traffic.goesOn(5);
    }
    const called = await traffic.stop();
    const intruded = await intruder.stop();
    calls.push(...called, ...intruded);
    const acknowledged = await registering.stop();

    await given.agreesWith(calls);
    const refusals = called.flatMap(({ ending }) => (ending.kind === 'refused' ? [ending.reason] : []));
    // Nothing is wrong with the calls themselves, and no session is lost with a replica.
    for (const reason of refusals) {
      expect(reason).toMatch(
        /^(bus\.|auth\.unavailable|registry\.unavailable|upstream\.unreachable|platform\.not_ready)/,
      );
    }
    for (const { ending, id } of intruded) {
      expect(['refused', 'reset']).toContain(ending.kind);
      expect(given.ledger.executions).not.toContain(id);
    }
    expect(acknowledged.length).toBeGreaterThan(SERVICES.length);
    expect(registering.wrong).toEqual([]);
    for (const replica of [0, 1]) {
      expect(await lostBy(urlOf('registry', replica), given.gateway.adminToken, acknowledged)).toEqual([]);
    }
  });
});

/** Longer than METRICS_BUFFER_FLUSH_INTERVAL: what has not arrived by then waits for somebody. */
const SHIPPED_AFTER_MS = 7_000;

const PLAIN = { auth: '/auth/email/me', registry: '/gateways', metrics: '/metrics' } as const;

const readAll = (response: Response): { text(): string; ended: Promise<void> } => {
  let text = '';
  const ended = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })();
  return { text: () => text, ended };
};

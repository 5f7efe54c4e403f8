import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SERVICES, type Service } from '#libs/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { summaryOf } from './traffic/audit.js';
import { type Called, callLegacy, callModern, openSession } from './traffic/caller.js';
import { type GivenGateway, givenGateway, showLogsOnFailure } from './traffic/given-gateway.js';
import type { TrafficSettings } from './traffic/traffic.js';
import { Registering, lostBy } from './traffic/registering.js';

/** Each fault is followed by the books: no call of any of them may be lost, doubled or executed against its answer. */
const calls: Called[] = [];
/** Each process comes back to the broker in its own time. */
const BACK_WITHIN = { timeout: 120_000, interval: 500 };
/** How soon a Redis that is silent is given up: longer than a machine stands still, shorter than a call may take. */
const SILENT = { REDIS_SOCKET_TIMEOUT: '5', REDIS_SOCKET_CONNECT_TIMEOUT: '5' };
let given: GivenGateway;
/** Clients that auth knows after their first calls. */
let trouble: Partial<TrafficSettings>;

beforeAll(async () => {
  given = await givenGateway(
    { mode: 'distributed', replicas: 2, env: { TOOL_TIMEOUT: '10', JWT_CACHE_TTL: '1', ...SILENT } },
    10,
  );
  trouble = { modern: 2, legacy: 2, pauseMs: 150, tokens: await given.tokens(2) };
});
afterAll(() => given?.stop());
beforeEach(() => showLogsOnFailure(() => given));
let started: readonly number[] = [];
beforeEach(() => {
  started = pidsOf();
});
afterEach(() => {
  // Whatever became of a store: nobody died of it, and nobody told the log who may come in.
  expect(given.gateway.processes.map(({ server }) => server.running)).not.toContain(false);
  expect(pidsOf()).toEqual(started);
  expect(given.gateway.logs()).not.toContain(given.gateway.adminToken);
});

describe('a gateway of two replicas each', () => {
  it('a gateway of two replicas each outlives a nats-server that is away for 30 s, without a restart', {
    timeout: 600_000,
  }, async () => {
    const { nats } = given.gateway;
    const before = { rssMiB: rssMiB(), hearers: await hearers() };
    const traffic = await given.traffic(trouble);
    await traffic.goesOn(10);

    given.ledger.latencyMs = 5_000;
    const before30 = given.ledger.requests;
    const inHand = Array.from({ length: 6 }, () => callModern({ ...given.target, token: trouble.tokens?.[0] ?? '' }));
    await expect.poll(() => given.ledger.requests - before30, { interval: 5 }).toBeGreaterThan(6);
    await nats?.kill();
    const killedAtMs = Date.now();
    calls.push(...(await Promise.all(inHand)));
    // What was under way is in doubt; of what a slow machine had not handed over by then, nothing is.
    const endings = Object.keys(summaryOf(calls));
    expect(endings.filter((ending) => ending.startsWith('unknown bus.'))).not.toEqual([]);
    for (const ending of endings) expect(ending).toMatch(/^(unknown bus\.|refused )/);
    given.ledger.latencyMs = 10;
    await sleep(30_000);
    const rest = await Promise.all([0, 1].map((replica) => statusOfList('registry', replica)));
    const restartedAtMs = Date.now();
    await nats?.start();

    await traffic.goesOn(10);
    const called = await traffic.stop();
    calls.push(...called);
    const during = called.filter(
      ({ startedAtMs, endedAtMs }) => startedAtMs > killedAtMs + 5_000 && endedAtMs < restartedAtMs,
    );
    // Nobody waits for what cannot come: all who called in that time were told so, and called again.
    expect(during.length).toBeGreaterThan(50);
    for (const { ending } of during) {
      // On a machine that stands still, that a request took too long to arrive.
      if (ending.kind === 'refused' && ending.httpStatus === 408) continue;
      expect(ending).toMatchObject({
        kind: 'refused',
        reason: expect.stringMatching(/^(bus\.disconnected|auth\.unavailable|registry\.unavailable)$/),
        httpStatus: 503,
      });
    }
    for (const status of rest) expect([200, 503]).toContain(status);
    await expect.poll(everythingWorks, BACK_WITHIN).toEqual([]);
    await expect.poll(hearers).toEqual(before.hearers);
    for (const [name, mebibytes] of Object.entries(rssMiB())) {
      expect.soft(mebibytes, name).toBeLessThan(512);
      expect.soft(mebibytes - (before.rssMiB[name] ?? 0), `${name} has grown`).toBeLessThan(128);
    }
    await given.agreesWith(calls);
  });

  // Shorter than it takes to notice, so that what was held back arrives late; and longer.
  it.each([3_500, 8_000])(
    'a gateway of two replicas each executes nothing late when the nats-server is paused for %i ms',
    async (pauseMs) => {
      const { nats } = given.gateway;
      const [ledger] = await given.gateway.admin
        .call<{ id: string; name: string }[]>('GET', '/gateways')
        .then((all) => all.filter(({ name }) => name === 'ledger'));
      const allow = (timeoutMs: number | null) =>
        given.gateway.admin.call('PUT', `/gateways/${ledger?.id}`, { timeoutMs });
      // Shorter than the pause.
      await allow(1_000);
      const traffic = await given.traffic(trouble);
      await traffic.goesOn(10);

      nats?.pause();
      const held = Array.from({ length: 8 }, () => callModern({ ...given.target, token: trouble.tokens?.[0] ?? '' }));
      // However late they came to ingress: their time is over before anything goes on.
      const [late] = await Promise.all([Promise.all(held), sleep(pauseMs)]);
      nats?.resume();

      await expect.poll(() => allow(null).then(() => 'as before', String)).toBe('as before');
      await traffic.goesOn(10);
      calls.push(...late, ...(await traffic.stop()));
      expect(late.filter(({ id }) => given.ledger.executedAtMs.has(id))).toEqual([]);
      await expect.poll(everythingWorks, BACK_WITHIN).toEqual([]);
      await given.agreesWith(calls);
    },
  );

  it.each(['killed', 'paused'] as const)(
    'a gateway of two replicas each goes on while Redis is away, and keeps its sessions, when it is %s',
    async (fault) => {
      const { redis } = given.gateway;
      const [first, second] = [0, 1].map((replica) => ({
        ...given.target,
        url: `${given.gateway.process('ingress', replica).url}/servers/${given.server.id}/mcp`,
      }));
      if (redis === undefined || first === undefined || second === undefined)
        throw new Error('two replicas and a Redis');
      const session = (await openSession(first)) ?? '';
      const traffic = await given.traffic(trouble);
      await traffic.goesOn(10);

      if (fault === 'killed') await redis.kill();
      else redis.pause();
      const awayAtMs = Date.now();
      const unknownThere = await callLegacy(second, session);
      const refused = await openSession(first);
      await sleep(4_000);
      const callsWithout = () => traffic.calls.filter(({ startedAtMs }) => startedAtMs > awayAtMs);
      await expect.poll(() => callsWithout().length).toBeGreaterThan(20);
      const without = callsWithout();
      if (fault === 'killed') await redis.restart();
      else redis.resume();

      await traffic.goesOn(10);
      calls.push(...(await traffic.stop()), unknownThere);
      const callAgain = async () => {
        const again = await callLegacy(second, session);
        calls.push(again);
        return again.ending;
      };
      await expect.poll(callAgain, { interval: 200 }).toEqual({ kind: 'ok' });
      // Calls without a session need nothing of Redis. Those of a session may be put off, never told that it has ended.
      for (const { era, ending } of without) {
        if (era === 'modern') expect(ending).toEqual({ kind: 'ok' });
        else if (ending.kind !== 'ok') expect(ending).toMatchObject({ kind: 'refused', httpStatus: 503 });
      }
      expect(unknownThere.ending).toMatchObject({ kind: 'refused', httpStatus: 503 });
      expect(refused).toBeNull();
      await given.agreesWith(calls);
    },
  );

  it('a gateway of two replicas each goes on while Postgres dies again and again, and keeps what it acknowledged', {
    timeout: 480_000,
  }, async () => {
    const postgres = given.gateway.postgres;
    if (postgres === undefined) throw new Error('the harness runs a Postgres');
    const traffic = await given.traffic(trouble);
    const registering = new Registering(given.gateway, given.ledger.url, 'without-postgres');
    await traffic.goesOn(10);
    await registering.goesOn();

    const startedAtMs = Date.now();
    const callsMeanwhile = () => traffic.calls.filter((call) => call.startedAtMs > startedAtMs);
    for (let kills = 0; kills < 5 || callsMeanwhile().length < 30; kills++) {
      const { pid } = postgres;
      process.kill(pid, 'SIGKILL');
      await expect.poll(() => postgres.pid, { interval: 20 }).not.toBe(pid);
    }
    const meanwhile = callsMeanwhile();
    await registering.goesOn();

    await traffic.goesOn(10);
    calls.push(...(await traffic.stop()));
    const acknowledged = await registering.stop();
    expect(summaryOf(meanwhile)).toEqual({ ok: meanwhile.length });
    expect(registering.wrong).toEqual([]);
    for (const replica of [0, 1]) {
      const { url } = given.gateway.process('registry', replica);
      expect(await lostBy(url, given.gateway.adminToken, acknowledged)).toEqual([]);
    }
    await given.agreesWith(calls);
  });
});

const statusOfList = async (service: Service, replica: number): Promise<number> => {
  const { url } = given.gateway.process(service, replica);
  const headers = { authorization: `Bearer ${given.gateway.adminToken}` };
  const response = await fetch(`${url}/gateways`, { headers, signal: AbortSignal.timeout(120_000) });
  await response.text();
  return response.status;
};

/** What does not work on some replica: a credential that nobody knows yet, a registration with its discovery. */
const everythingWorks = async (): Promise<string[]> => {
  const flaws: string[] = [];
  for (const replica of [0, 1]) {
    const url = given.gateway.process('registry', replica).url;
    const [token = ''] = await given.tokens(1);
    const response = await fetch(`${url}/gateways`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `after-${Date.now()}-${replica}`, url: `${given.ledger.url}/${Date.now()}` }),
      signal: AbortSignal.timeout(120_000),
    });
    const text = await response.text();
    if (response.status !== 201) flaws.push(`registry ${replica}: ${response.status} ${text}`);
    const client = await given.gateway.client('modern', { url: given.gateway.process('ingress', replica).url, token });
    if ((await client.listTools()).tools.length === 0) flaws.push(`ingress ${replica} lists nothing`);
    await client.close();
  }
  return flaws;
};

const pidsOf = (): number[] => given.gateway.processes.map(({ server }) => server.pid);

const rssMiB = (): Record<string, number> =>
  Object.fromEntries(
    given.gateway.processes.map(({ service, replica, server }) => {
      const pages = Number(readFileSync(`/proc/${server.pid}/statm`, 'utf8').split(' ')[1]);
      return [`${service} ${replica}`, Math.round((pages * 4_096) / 2 ** 20)];
    }),
  );

interface Connections {
  readonly connections: readonly { readonly name: string; readonly subscriptions_list?: readonly string[] }[];
}

/** Per service, how many replicas hear each of its subjects: what the broker knows of who would answer. */
const hearers = async (): Promise<Record<string, number>> => {
  const response = await fetch(`${given.gateway.natsMonitorUrl}/connz?subs=1`);
  const { connections } = (await response.json()) as Connections;
  const counts: Record<string, number> = {};
  for (const { name, subscriptions_list: subjects = [] } of connections) {
    const lasting = subjects.filter((subject) => subject.startsWith('switchyard.') && !/[0-9a-f]{32}/.test(subject));
    for (const subject of ['connections', ...lasting]) {
      const key = `${SERVICES.find((service) => name.startsWith(service)) ?? name} ${subject}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
};

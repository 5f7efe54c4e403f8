import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Called, callLegacy, callModern, openSession } from './traffic/caller.js';
import { type GivenGateway, givenGateway, showLogsOnFailure } from './traffic/given-gateway.js';
import { summaryOf } from './traffic/audit.js';

/** Requests that a worker of ingress takes before it is replaced. */
const SHARE = 150;
/** One that is slow is not taken for one that hangs. */
const WORKERS = { WORKERS: '2', WORKER_TIMEOUT: '600' };

let given: GivenGateway;
const calls: Called[] = [];

beforeAll(async () => {
  given = await givenGateway(
    {
      mode: 'distributed',
      env: { LOG_LEVEL: 'info', INTERNAL_METRICS: 'private' },
      envOf: (service) => {
        if (service === 'ingress') return { ...WORKERS, MAX_REQUESTS: String(SHARE), MAX_REQUESTS_JITTER: '20' };
        return service === 'tool-invocation' ? WORKERS : {};
      },
    },
    20,
  );
});
afterAll(() => given?.stop());
beforeEach(() => showLogsOnFailure(() => given));

const lines = (service: 'ingress' | 'tool-invocation', message: string) =>
  given.gateway
    .process(service)
    .server.output.split('\n')
    .filter((line) => line.includes(`"msg":"${message}`))
    .map((line) => JSON.parse(line) as { readonly pid: number; readonly worker: number });

const toolCalls = async (): Promise<number> => {
  const text = await (await fetch(`${given.gateway.process('ingress').url}/internal/metrics`)).text();
  const counted = [...text.matchAll(/^mcp_server_operation_duration_seconds_count\{.*"tools\/call".*\} (\d+)$/gm)];
  return counted.reduce((sum, [, count]) => sum + Number(count), 0);
};

describe('a gateway whose services have workers', () => {
  it('a session goes on at any worker, and none of its calls is lost, when workers are replaced', async () => {
    const session = (await openSession(given.target)) ?? '';
    const traffic = await given.traffic({ modern: 4, legacy: 2 });
    await expect.poll(() => lines('ingress', 'a worker was replaced').length).toBeGreaterThan(1);
    const made = [...(await traffic.stop())];
    for (let call = 0; call < 6; call++) made.push(await callLegacy(given.target, session));
    calls.push(...made);
    expect(summaryOf(made)).toEqual({ ok: made.length });
    // A worker that does not answer in time is left out of what is told, once.
    await expect.poll(toolCalls).toBe(calls.length);
  });

  it('a worker of tool-invocation takes with it what it held, and says so, when it is killed under load', async () => {
    const traffic = await given.traffic({ modern: 6 });
    const [{ pid } = { pid: 0 }] = lines('tool-invocation', 'a worker serves');
    given.noteDeath();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => lines('tool-invocation', 'a worker serves').length).toBe(3);
    // More than what the worker can have held, each client's one call at a time.
    await traffic.goesOn(30);
    const made = await traffic.stop();
    calls.push(...made, await callModern(given.target));
    expect(lines('tool-invocation', 'a worker has failed: what it had in hand is lost')).toMatchObject([{ pid }]);
    const kinds = made.map(({ ending }) => ending.kind).filter((kind) => kind !== 'ok');
    expect(kinds.length).toBeLessThan(made.length / 2);
    for (const kind of kinds) expect(['unknown', 'refused']).toContain(kind);
    await given.agreesWith(calls);
  });

  it('all workers of a service end when it is told to stop', async () => {
    expect(await given.gateway.process('ingress').server.stop()).toBe(0);
  });
});

import { readFile } from 'node:fs/promises';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Owner, StreamGrown, defineEvent, defineRequest } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../testing/src/nats-server.js';
import { type Bus, type Topology, WithBody, connectNats, natsPermissions } from './index.js';

const owners: readonly Owner[] = ['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'];
const logger = createLogger({ service: 'test', level: 'silent' });
const Call = defineRequest<{ n: number }, { n: number }, { n: number }>('tool-invocation', 'call.execute', {
  deadlineMs: 5_000,
});
const Describe = defineRequest<{ n: number }, { n: number }>('registry', 'server.describe', { deadlineMs: 5_000 });
const Changed = defineEvent<{ pad: string }>('registry', 'catalog.changed');
const signals = [StreamGrown];

describe('NATS permissions from the topology', () => {
  let server: NatsServer;
  let topology: Topology;

  beforeAll(async () => {
    topology = JSON.parse(
      await readFile(new URL('../../contracts/topology.json', import.meta.url), 'utf8'),
    ) as Topology;
    const users = owners.map((owner) => {
      const { publish, subscribe } = natsPermissions(topology, signals, owner);
      return `{ user: "${owner}", password: "p", permissions: { publish: ${JSON.stringify(publish)}, subscribe: ${JSON.stringify(subscribe)} } }`;
    });
    server = await startNatsServer({ config: `authorization { users: [ ${users.join(', ')} ] }` });
  });
  afterAll(() => server.stop());

  const join = (owner: Owner): Promise<Bus> =>
    connectNats({ servers: server.url, name: owner, logger, credentials: { user: owner, password: 'p' } });

  it('let a service do all its work: ask, answer, stream, large messages, cancel, events, signals', async () => {
    const [ingress, tools, registry] = await Promise.all([join('ingress'), join('tool-invocation'), join('registry')]);
    const body = 'x'.repeat(3_000_000);
    let signal: AbortSignal | undefined;
    tools.answer(Call, async ({ n }, call) => {
      if (n < 0) {
        signal = call.signal;
        return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve({ n })));
      }
      for (let at = 1; at <= n; at += 1) await call.send({ n: at });
      const described = await tools.ask(Describe, { n });
      return new WithBody({ n: described.head.n }, call.body);
    });
    registry.answer(Describe, async (request) => request);
    const heard: number[] = [];
    ingress.subscribe(Changed, ({ pad }) => void heard.push(pad.length));
    registry.subscribe(Changed, ({ pad }) => void heard.push(pad.length));
    ingress.subscribe(StreamGrown, () => void heard.push(0), { key: 's' });
    await Promise.all([ingress, tools, registry].map((bus) => bus.flush()));

    let frames = 0;
    const answer = await ingress.ask(Call, { n: 100 }, { body, onFrame: () => void (frames += 1) });
    expect([answer.head.n, frames, answer.body === body]).toEqual([100, 100, true]);

    const abort = new AbortController();
    const cancelled = ingress.ask(Call, { n: -1 }, { signal: abort.signal });
    cancelled.catch(() => {});
    await expect.poll(() => signal).toBeDefined();
    abort.abort();
    await expect.poll(() => signal?.aborted).toBe(true);

    registry.publish(Changed, { pad: body });
    ingress.signal(StreamGrown, {}, 's');
    await expect.poll(() => heard.toSorted((a, b) => a - b)).toEqual([0, body.length, body.length]);
    await Promise.all([ingress, tools, registry].map((bus) => bus.drain()));
  });

  it('turn down at once an ask the diagram does not know', async () => {
    const metrics = await join('metrics');
    const tools = await join('tool-invocation');
    let ran = 0;
    tools.answer(Call, async (request) => {
      ran += 1;
      return request;
    });
    await tools.flush();
    const startedAtMs = Date.now();

    await expect(metrics.ask(Call, { n: 1 })).rejects.toMatchObject({ code: 'bus.no_responders', executed: 'no' });

    expect(Date.now() - startedAtMs).toBeLessThan(1_000);
    expect(ran).toBe(0);
    await Promise.all([metrics.drain(), tools.drain()]);
  });

  it.each([
    ['metrics', 'publish', 'switchyard.v1.rpc.registry.server.describe'],
    ['ingress', 'publish', 'switchyard.v1.evt.auth.credential.revoked'],
    ['auth', 'publish', '_INBOX.nobody.x.1.2'],
    ['metrics', 'publish', 'switchyard.v1.sig.ingress.stream.grown.x'],
    ['tool-invocation', 'publish', 'switchyard.v1.sig.registry.anything.at-all.x'],
    ['ingress', 'publish', 'switchyard.v1.sig.ingress.anything.at-all.x'],
    ['tool-invocation', 'subscribe', 'switchyard.v1.rpc.auth.>'],
    ['tool-invocation', 'subscribe', '_INBOX.ingress.>'],
    ['metrics', 'subscribe', 'switchyard.v1.evt.registry.>'],
    ['auth', 'subscribe', '>'],
    ['registry', 'publish', 'anything'],
  ] as const)('keep %s from a foreign subject: %s %s', async (owner, verb, subject) => {
    const raw = await connect({ servers: server.url, user: owner, pass: 'p' });
    const errors: string[] = [];
    void (async () => {
      for await (const status of raw.status()) if (status.type === 'error') errors.push(status.error.message);
    })();

    if (verb === 'publish') raw.publish(subject, 'x');
    else raw.subscribe(subject, { callback: () => {} });

    await expect.poll(() => errors).toEqual([expect.stringMatching(/permissions violation/i)]);
    await raw.close();
  });
});

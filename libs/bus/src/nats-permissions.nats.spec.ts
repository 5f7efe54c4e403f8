import { readFile } from 'node:fs/promises';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  KeepUpstreamCredential,
  type Owner,
  PresentUpstreamCredential,
  RecordCalls,
  StreamGrown,
  defineEvent,
  defineRequest,
} from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { type NatsServer, startNatsServer } from '../../testing/src/nats-server.js';
import { type Bus, type Topology, WithBody, connectNats, natsPermissions } from './index.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const Call = defineRequest<{ n: number }, { n: number }, { n: number }>('tool-invocation', 'call.execute', {
  deadlineMs: 60_000,
});
const Describe = defineRequest<{ n: number }, { n: number }>('registry', 'upstream.resolve', { deadlineMs: 60_000 });
const Changed = defineEvent<{ pad: string }>('registry', 'catalog.changed');

const shipped = (file: string): Promise<string> =>
  readFile(new URL(`../../../deploy/nats/${file}`, import.meta.url), 'utf8');

/** `deploy/nats/nats.conf` on a port of the test's own, with one user more. */
const shippedConfig = async (): Promise<string> => {
  const text = await shipped('nats.conf');
  return text
    .replaceAll(/^(port|http_port|server_name):.*$/gm, '')
    .replaceAll(/\$NATS_PASSWORD_\w+/g, '"p"')
    .replace('include ./permissions.conf', await shipped('permissions.conf'))
    .replace(
      '    # Others go here',
      '    { user: watcher, password: "p", permissions: { subscribe: "watched.>" } }\n    # Others',
    );
};

describe('NATS permissions from the topology', () => {
  let server: NatsServer;

  beforeAll(async () => {
    server = await startNatsServer({ config: await shippedConfig() });
  });
  afterAll(() => server.stop());

  const join = (owner: Owner): Promise<Bus> =>
    connectNats({ servers: server.url, name: owner, logger, credentials: { user: owner, password: 'p' } });

  it('NATS permissions from the topology let a service do all its work: ask, answer, stream, large messages, cancel, events, signals', async () => {
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

  it('NATS permissions from the topology let a service find out what became of a request that got lost', async () => {
    const [ingress, tools] = await Promise.all([join('ingress'), join('tool-invocation')]);
    const swallowing = await connect({ servers: server.url, user: 'tool-invocation', pass: 'p' });
    let swallowed = 0;
    swallowing.subscribe(Call.subject, { queue: 'tool-invocation', callback: () => void (swallowed += 1) });
    tools.answer(Call, async (request) => request);
    await Promise.all([swallowing.flush(), tools.flush()]);

    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => ingress.ask(Call, { n })));

    expect(answers.map(({ head }) => head.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(swallowed).toBeGreaterThan(0);
    await Promise.all([ingress.drain(), tools.drain(), swallowing.close()]);
  });

  it.each(['ingress', 'auth', 'registry', 'tool-invocation', 'metrics'] as const)(
    'NATS permissions from the topology of %s stand in the shipped file as they are in the code',
    async (owner) => {
      const topology = JSON.parse(
        await readFile(new URL('../../contracts/topology.json', import.meta.url), 'utf8'),
      ) as Topology;

      const { subscribe } = natsPermissions(topology, { signals: [], asks: [] }, owner);

      expect((await shipped('permissions.conf')).replaceAll(', ', ',')).toContain(JSON.stringify(subscribe));
    },
  );

  it('NATS permissions from the topology leave room for a user of the operator, who may do what was allowed and no more', async () => {
    const errors: string[] = [];
    const watcher = await connect({ servers: server.url, user: 'watcher', pass: 'p' });
    void (async () => {
      for await (const status of watcher.status()) if (status.type === 'error') errors.push(status.error.message);
    })();
    watcher.subscribe('watched.it', { callback: () => {} });
    await watcher.flush();
    expect(errors).toEqual([]);

    watcher.subscribe('switchyard.v1.evt.auth.>', { callback: () => {} });
    await expect.poll(() => errors).toEqual([expect.stringMatching(/permissions violation/i)]);
    await watcher.close();
  });

  it('NATS permissions from the topology let tool-invocation alone have the credential of an upstream, and registry alone keep one', async () => {
    const [auth, tools, registry] = await Promise.all([join('auth'), join('tool-invocation'), join('registry')]);
    auth.answer(PresentUpstreamCredential, async () => ({ credential: null, version: 'none' }));
    auth.answer(KeepUpstreamCredential, async () => ({ version: 'kept' }));
    await auth.flush();

    const presented = await tools.ask(PresentUpstreamCredential, { upstreamId: 'u', principalId: 'p' });
    expect(presented.head.version).toBe('none');
    const kept = await registry.ask(KeepUpstreamCredential, { upstreamId: 'u', credential: null });
    expect(kept.head.version).toBe('kept');
    await Promise.all([auth, tools, registry].map((bus) => bus.drain()));
  });

  it('NATS permissions from the topology turn down at once an ask the diagram does not know', async () => {
    const metrics = await join('metrics');
    const tools = await join('tool-invocation');
    let ran = 0;
    tools.answer(Call, async (request) => {
      ran += 1;
      return request;
    });
    await tools.flush();

    await expect(metrics.ask(Call, { n: 1 })).rejects.toMatchObject({ code: 'bus.no_responders', executed: 'no' });

    expect(ran).toBe(0);
    await Promise.all([metrics.drain(), tools.drain()]);
  });

  it.each([
    ['metrics', 'publish', 'switchyard.v1.rpc.registry.server.describe'],
    ['ingress', 'publish', PresentUpstreamCredential.subject],
    ['metrics', 'publish', PresentUpstreamCredential.subject],
    ['registry', 'publish', PresentUpstreamCredential.subject],
    ['ingress', 'publish', KeepUpstreamCredential.subject],
    ['metrics', 'publish', `${KeepUpstreamCredential.subject}.x`],
    ['tool-invocation', 'publish', KeepUpstreamCredential.subject],
    ['metrics', 'publish', RecordCalls.subject],
    ['ingress', 'publish', 'switchyard.v1.evt.auth.credential.revoked'],
    ['auth', 'publish', '_INBOX.nobody.x.1.2'],
    ['metrics', 'publish', 'switchyard.v1.sig.ingress.stream.grown.x'],
    ['tool-invocation', 'publish', 'switchyard.v1.sig.registry.anything.at-all.x'],
    ['ingress', 'publish', 'switchyard.v1.sig.ingress.anything.at-all.x'],
    ['tool-invocation', 'subscribe', 'switchyard.v1.rpc.auth.>'],
    ['tool-invocation', 'subscribe', '_INBOX.ingress.>'],
    ['metrics', 'subscribe', 'switchyard.v1.evt.tool-invocation.>'],
    ['auth', 'subscribe', '>'],
    ['registry', 'publish', 'anything'],
  ] as const)(
    'NATS permissions from the topology keep %s from a foreign subject: %s %s',
    async (owner, verb, subject) => {
      const raw = await connect({ servers: server.url, user: owner, pass: 'p' });
      const errors: string[] = [];
      void (async () => {
        for await (const status of raw.status()) if (status.type === 'error') errors.push(status.error.message);
      })();

      if (verb === 'publish') raw.publish(subject, 'x');
      else raw.subscribe(subject, { callback: () => {} });

      await expect.poll(() => errors).toEqual([expect.stringMatching(/permissions violation/i)]);
      await raw.close();
    },
  );
});

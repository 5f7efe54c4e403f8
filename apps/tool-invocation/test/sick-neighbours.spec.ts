import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NameServer, startNameServer } from '#libs/testing';
import { codeOf, opensAfterItsFailures } from './breaker.js';
import { givenInvocation, type Invocation } from './invocation.js';
import {
  type Answering,
  event,
  json,
  openStream,
  type RawUpstream,
  result,
  startRawLegacy,
  startRawModern,
} from './raw-upstream.js';

const NOTIFICATIONS_MAX = 500;
/** For what hangs: longer than all calls of the healthy take. */
const LATE_MS = 20_000;

let invocation: Invocation;
let nameServer: NameServer;
const raw: { close(): Promise<void> }[] = [];
const given = async <S extends RawUpstream>(starting: Promise<S>): Promise<S> => {
  const server = await starting;
  raw.push(server);
  return server;
};

beforeAll(async () => {
  nameServer = await startNameServer();
  invocation = await givenInvocation({
    UPSTREAM_NAME_SERVERS: nameServer.address,
    UPSTREAM_NOTIFICATIONS_MAX: String(NOTIFICATIONS_MAX),
    UPSTREAM_RESULT_BYTES_MAX: '200000',
    UPSTREAM_NOTIFICATION_BYTES_MAX: '200000',
    RETRY_BASE_DELAY: '0.1',
    TOOL_TIMEOUT: '60',
  });
});
afterAll(async () => {
  await invocation.close();
  await Promise.all(raw.map((server) => server.close()));
  await nameServer.stop();
});

const fine = { resultType: 'complete', content: [{ type: 'text', text: 'fine' }] };
const progress = (progressToken: unknown, message: string, step: number): string =>
  event(
    JSON.stringify({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken, progress: step, message },
    }),
  );

/** Writes as fast as it is read, until the connection ends. Answers how much was taken. */
const flood = async (res: ServerResponse, chunkOf: (step: number) => string): Promise<number> => {
  openStream(res);
  const closed = once(res, 'close');
  let bytes = 0;
  for (let step = 1; !res.destroyed; step++) {
    const chunk = chunkOf(step);
    bytes += chunk.length;
    if (!res.write(chunk)) await Promise.race([new Promise((resolve) => res.once('drain', resolve)), closed]);
  }
  return bytes;
};
/** Lists are looked at too, behind a call. */
const toCalls =
  (answering: Answering): Answering =>
  (request, res, req) =>
    request.method === 'tools/call' ? answering(request, res, req) : json(res, result(request.id, { tools: [] }));

describe('healthy upstreams', () => {
  it('healthy upstreams answer every call when others beside them hang, reset, drip, storm, flood or do not resolve', async () => {
    const sick: { [kind: string]: { url: string; code: string; timeoutMs?: number } } = {};
    const add = async (kind: string, code: string, answering: Answering) => {
      const { url } = await given(startRawModern(toCalls(answering)));
      sick[kind] = { url, code, ...(code === 'upstream.timed_out' && { timeoutMs: LATE_MS }) };
    };
    await add('hangs', 'upstream.timed_out', () => {});
    await add('resets', 'upstream.closed', (_request, res) => res.socket?.resetAndDestroy());
    await add('drips', 'upstream.timed_out', (_request, res) => {
      openStream(res);
      const drops = setInterval(() => res.write(':'), 1_000);
      res.once('close', () => clearInterval(drops));
    });
    await add('is away', 'upstream.unreachable', (_request, res) => json(res, '', 503, { 'retry-after': '1' }));
    await add('is busy', 'upstream.busy', (_request, res) => json(res, '', 429, { 'retry-after': '1' }));
    await add('floods', 'upstream.too_large', (request, res) => {
      const { progressToken } = request.params._meta as { progressToken: unknown };
      return flood(res, (step) => progress(progressToken, 'x'.repeat(1_000), step));
    });
    for (let index = 0; index < 8; index++) {
      nameServer.names.set(`hangs-${index}.test`, 'silent');
      sick[`hangs by name ${index}`] = { url: `http://hangs-${index}.test/mcp`, code: 'upstream.unreachable' };
    }
    sick['has no name'] = { url: 'http://missing.test/mcp', code: 'upstream.unreachable' };
    const { port, ...well } = await given(startRawModern((request, res) => json(res, result(request.id, fine))));
    const healthy = Array.from({ length: 10 }, (_, index) => {
      nameServer.names.set(`well-${index}.test`, ['127.0.0.1']);
      return invocation.profile({ url: `http://well-${index}.test:${port}/mcp` });
    });

    // Asked for their era before, so that what is seen is calls.
    const callAll = () => Promise.all(healthy.map((profile) => invocation.call(profile, 't')));
    await callAll();

    const ended: string[] = [];
    const suffering = Object.entries(sick).flatMap(([kind, { url, code, timeoutMs = null }]) => {
      const profile = invocation.profile({ url, timeoutMs });
      return Array.from({ length: 4 }, async () => {
        const call = invocation.call(profile, 't', {}, { wantsProgress: true });
        const met = await codeOf(call);
        ended.push(kind);
        // Once enough of its calls have failed, an upstream is left alone.
        return [kind, met === 'upstream.breaker_open' ? code : met, code];
      });
    });
    await nameServer.asked('hangs-7.test A');

    for (let round = 0; round < 5; round++) for (const { body } of await callAll()) expect(body).toContain('fine');

    expect(ended).not.toContain('hangs');
    for (const [kind, met, code] of await Promise.all(suffering)) expect([kind, met]).toEqual([kind, code]);
    expect(well.requests.filter(({ body }) => body.includes('tools/call'))).toHaveLength(60);
  });
});

describe('an upstream that floods a stream', () => {
  it.each([
    ['in bytes', () => `: ${'x'.repeat(10_000)}\n`],
    ['in events', () => 'data: {"jsonrpc":"2.0","method":"notifications/x"}\n\n'],
  ])(
    'a call ends and its connection closes when its stream brings too much beside the answer: %s',
    async (_kind, chunkOf) => {
      const taken = Promise.withResolvers<number>();
      const upstream = await given(
        startRawModern(toCalls(async (_request, res) => taken.resolve(await flood(res, chunkOf)))),
      );

      await expect(
        invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { timeoutMs: 30_000 }),
      ).rejects.toMatchObject({
        code: 'upstream.too_large',
        message: 'The upstream sent too much beside its answer',
        executed: 'unknown',
      });

      expect(await taken.promise).toBeGreaterThan(0);
      expect(upstream.executions).toBe(1);
    },
  );

  it('an upstream is left alone when its streams flood five calls in a row, and not for answers that are too large', async () => {
    const floods = await given(
      startRawModern(toCalls((_request, res) => void flood(res, () => `: ${'x'.repeat(10_000)}\n`))),
    );
    const large = { resultType: 'complete', content: [{ type: 'text', text: 'x'.repeat(300_000) }] };
    const tells = await given(startRawModern(toCalls((request, res) => json(res, result(request.id, large)))));
    const flooding = invocation.profile({ url: floods.url });
    const failures = await opensAfterItsFailures(5, () => invocation.call(flooding, 't', {}, { timeoutMs: 30_000 }));
    for (const failure of failures.slice(0, -1)) expect(failure).toMatchObject({ code: 'upstream.too_large' });
    const telling = invocation.profile({ url: tells.url });
    for (let call = 0; call < 6; call++)
      expect(await codeOf(invocation.call(telling, 't', {}, { timeoutMs: 30_000 }))).toBe('upstream.too_large');
  });

  it('a call is answered when its stream brings as much as it may beside the answer', async () => {
    const upstream = await given(
      startRawLegacy((request, res) => {
        const { progressToken } = request.params._meta as { progressToken: unknown };
        openStream(res);
        for (let step = 1; step < NOTIFICATIONS_MAX; step++) res.write(progress(progressToken, 'at work', step));
        res.end(event(result(request.id, { content: [{ type: 'text', text: 'y'.repeat(150_000) }] })));
      }),
    );

    const { body } = await invocation.call(invocation.profile({ url: upstream.url }), 't', {}, { wantsProgress: true });

    expect(JSON.parse(body as string).content[0].text).toHaveLength(150_000);
  });

  it('a process is ended, and its calls fail, when it floods its output beside its answers', async () => {
    const script = `
      const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
      const answers = {
        initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'loud', version: '1' } },
        'tools/call': { content: [{ type: 'text', text: 'z'.repeat(50_000) }] },
      };
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { id, method, params } = JSON.parse(line);
        if (method === 'tools/call' && params.name === 'shout')
          return setInterval(() => { for (let n = 0; n < 50; n++) send({ method: 'notifications/message', params: { level: 'info', data: 'x' } }); }, 1);
        if (id !== undefined) send(answers[method] ? { id, result: answers[method] } : { id, error: { code: -32601, message: 'none' } });
      });`;
    const loud = invocation.profile({ transport: 'STDIO', command: process.execPath, args: ['-e', script] });
    // Answers do not count, however many there are.
    for (let round = 0; round < 40; round++) expect((await invocation.call(loud, 'speak')).body).toContain('zzz');

    await expect(invocation.call(loud, 'shout')).rejects.toMatchObject({ code: 'upstream.too_large' });

    expect((await invocation.call(loud, 'speak')).body).toContain('zzz');
    const failures = await opensAfterItsFailures(5, () => invocation.call(loud, 'shout'));
    for (const failure of failures.slice(0, -1)) expect(failure).toMatchObject({ code: 'upstream.too_large' });
    expect(await codeOf(invocation.call(loud, 'speak'))).toBe('upstream.breaker_open');
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type AskingUpstream, type Gateway, startAskingUpstream, startGateway } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Endpoint, LegacyClient, type Said, askModern } from './isolation/endpoint-client.js';

const CLIENTS = 8;
const COUNTING_SERVER = fileURLToPath(new URL('./growth/counting-server.ts', import.meta.url));

describe('an upstream that remembers, behind two replicas of everything', () => {
  let gateway: Gateway;
  let upstream: AskingUpstream;
  const tokens: string[] = [];

  beforeAll(async () => {
    upstream = await startAskingUpstream({ era: 'legacy' });
    gateway = await startGateway({ mode: 'distributed', replicas: 2, env: { REQUIRE_USER_IN_DB: 'false' } });
    await gateway.admin.register({ name: 'asking', url: upstream.url, sessionScope: 'client' });
    const args = [COUNTING_SERVER];
    await gateway.admin.register({ name: 'process', transport: 'STDIO', command: process.execPath, args });
    for (let n = 0; n <= CLIENTS; n++) tokens.push(await gateway.tokenFor({ email: `user-${n}@example.com` }));
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const at = (principal = 0): Endpoint => ({ url: `${gateway.url}/mcp`, token: tokens[principal] as string });
  const modern =
    (name: string, principal = 0) =>
    async (): Promise<Counted> =>
      counted(await (await askModern(at(principal), 'tools/call', { name, arguments: {} })).answer());
  const legacy = (client: LegacyClient, name: string) => async (): Promise<Counted> =>
    counted(await (await client.call(name, {})).answer());

  it('an upstream that remembers is one session for each session of a client, whichever replicas its calls meet', async () => {
    const clients = await Promise.all([LegacyClient.open(at()), LegacyClient.open(at())]);
    const sessions = await Promise.all(
      clients.map(async (client) => {
        const count = legacy(client, 'asking-count');
        // All at once, the first among them.
        const heard = await Promise.all(Array.from({ length: 10 }, count));
        heard.push(await count());
        expect(heard.map(({ calls }) => calls).sort((one, other) => one - other)).toEqual(upTo(11));
        expect(new Set(heard.map(({ session }) => session)).size).toBe(1);
        return heard[0]?.session as string;
      }),
    );
    expect(sessions[0]).not.toBe(sessions[1]);

    for (const client of clients) expect(await client.end()).toBe(204);
    await expect.poll(() => sessions.filter((id) => upstream.sessions.has(id))).toEqual([]);
  });

  it('an upstream that remembers is one session for each principal without one, also at once where its clients cannot be asked', async () => {
    const meta = { 'io.modelcontextprotocol/clientCapabilities': {} };
    const unasked = async (): Promise<Counted> =>
      counted(await (await askModern(at(), 'tools/call', { name: 'asking-count', arguments: {} }, { meta })).answer());
    const mine = await Promise.all(Array.from({ length: 6 }, unasked));
    expect(mine.map(({ calls }) => calls).sort()).toEqual(upTo(6));
    expect(new Set(mine.map(({ session }) => session)).size).toBe(1);

    // Those that can be asked have it one after the other.
    const asked: Counted[] = [];
    for (let n = 0; n < 6; n++) asked.push(await modern('asking-count')());
    expect(asked.map(({ calls }) => calls)).toEqual(upTo(6));
    expect(new Set(asked.map(({ session }) => session)).size).toBe(1);
    expect(await modern('asking-count', 1)()).toEqual({
      session: expect.not.stringMatching(asked[0]?.session as string),
      calls: 1,
    });
  });

  it('an upstream that remembers tells of a change a client that listens over the session in which it made it, and nobody else', async () => {
    const subscribe = { id: 2, method: 'resources/subscribe', params: { uri: 'asking://state' } };
    const listening = await Promise.all(
      [0, 1].map(async (principal) => {
        const client = await LegacyClient.open(at(principal), {});
        const stream = await client.listen();
        await (await client.post(subscribe)).answer(2);
        return { client, stream };
      }),
    );
    const filter = { notifications: { resourceSubscriptions: ['asking://state'] } };
    const modernStreams = await Promise.all(
      [2, 3].map((principal) => askModern(at(principal), 'subscriptions/listen', filter)),
    );
    await expect.poll(() => subscribedSessions(upstream)).toBe(4);

    const [mine, theirs] = listening;
    await (await mine?.client.call('asking-count', { touch: true }))?.answer();
    await askModern(at(2), 'tools/call', { name: 'asking-count', arguments: { touch: true } });
    await mine?.stream.hear(isUpdate);
    await modernStreams[0]?.hear(isUpdate);
    await sleep(200);

    const updates = [mine?.stream, theirs?.stream, ...modernStreams].map(
      (talk) => talk?.messages.filter(isUpdate).length,
    );
    expect(updates).toEqual([1, 0, 1, 0]);
    for (const talk of [mine?.stream, theirs?.stream, ...modernStreams]) talk?.leave();
    for (const { client } of listening) await client.end();
    await expect.poll(() => subscribedSessions(upstream)).toBe(0);
  });

  it('an upstream that remembers is one process for each principal where it is one, whatever its clients speak', async () => {
    const client = await LegacyClient.open(at(), {});
    const first = await legacy(client, 'process-count')();
    expect(first.calls).toBe(1);
    for (let n = 2; n <= 6; n++) expect(await legacy(client, 'process-count')()).toEqual({ ...first, calls: n });
    expect((await modern('process-count', 1)()).session).not.toBe(first.session);
  });

  it('an upstream that remembers ends the sessions whose memory is lost with the instance that kept it, and no other', async () => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => LegacyClient.open(at(n))));
    const before = await Promise.all(clients.map((client) => legacy(client, 'asking-count')()));
    const modernBefore = await Promise.all(clients.map((_, n) => modern('asking-count', n)()));
    const processes = await Promise.all(clients.map((_, n) => modern('process-count', n)()));

    await gateway.kill('tool-invocation', 0);
    await sleep(200);

    const after = await Promise.all(clients.map((client) => client.call('asking-count', {})));
    const lost = after.filter(({ status }) => status === 404);
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThan(CLIENTS);
    for (const [index, talk] of after.entries()) {
      const said = await talk.answer();
      const client = clients[index] as LegacyClient;
      if (talk.status !== 404) {
        expect(counted(said)).toEqual({ ...before[index], calls: 2 });
        continue;
      }
      expect(said.error?.message).toContain('what the upstream remembered');
      expect((await client.listen()).status).toBe(404);
      const again = await LegacyClient.open(at(index));
      expect((await legacy(again, 'asking-count')()).calls).toBe(1);
    }

    // Without a session of their own, clients are told once.
    for (const [index, { session, calls }] of modernBefore.entries()) {
      const said = await (await askModern(at(index), 'tools/call', { name: 'asking-count', arguments: {} })).answer();
      if (said.error === undefined) expect(counted(said)).toEqual({ session, calls: calls + 1 });
      else {
        expect(said.error.data).toMatchObject({ reason: 'upstream.session_lost', executed: 'no' });
        expect((await modern('asking-count', index)()).calls).toBe(1);
      }
    }

    // Where nobody has said that it must not be lost, another takes its place.
    const renewed = await Promise.all(clients.map((_, n) => modern('process-count', n)()));
    for (const [index, { session, calls }] of renewed.entries()) {
      const kept = session === processes[index]?.session;
      expect(calls).toBe(kept ? (processes[index]?.calls ?? 0) + 1 : 1);
    }
    await gateway.restart('tool-invocation', 0);
  });
});

const isUpdate = ({ method, params }: Said): boolean =>
  method === 'notifications/resources/updated' && params.uri === 'asking://state';

const subscribedSessions = ({ sessions }: AskingUpstream): number =>
  [...sessions.values()].filter(({ uris }) => uris.size > 0).length;

interface Counted {
  readonly session: string;
  readonly calls: number;
}

const counted = ({ result, error }: Said): Counted => {
  const text = result?.content?.[0]?.text as string | undefined;
  if (text === undefined) throw new Error(JSON.stringify(error ?? result));
  const [session = '', calls] = text.split(' ');
  return { session, calls: Number(calls) };
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

import { setTimeout as sleep } from 'node:timers/promises';
import { type AskingUpstream, type Gateway, startAskingUpstream, startGateway } from '#libs/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { type Endpoint, LegacyClient, type Said, askModern, isQuestion } from './isolation/endpoint-client.js';

/** Of each test: enough that each replica holds some. */
const CALLS = 12;
/** Far beyond what is tested: a call that ends by its deadline says so, and not what is expected here. */
const TOOL_TIMEOUT = '60';
/** A call is waited for in silence for so long, and as a stream from then on; its client has left long before. */
const STREAM_AFTER_MS = 4_000;

describe('a call that waits for its client', () => {
  let gateway: Gateway;
  let upstream: AskingUpstream;

  beforeAll(async () => {
    upstream = await startAskingUpstream({ era: 'legacy' });
    gateway = await startGateway({
      mode: 'distributed',
      replicas: 2,
      env: { TOOL_TIMEOUT, STREAM_AFTER_MS: String(STREAM_AFTER_MS) },
    });
    await gateway.admin.register({ name: 'asking', url: upstream.url, toolPrefix: '' });
  });
  afterAll(async () => {
    await gateway?.stop();
    await upstream?.stop();
  });
  beforeEach(() => onTestFailed(() => console.error(gateway.logs().slice(-8_000))));

  const at = (url = gateway.url): Endpoint => ({ url: `${url}/mcp`, token: gateway.adminToken });
  const canaries = (): string[] => Array.from({ length: CALLS }, (_, n) => `canary ${n} of ${Date.now()}`);

  it('a call that waits for its client ends clearly for a client without a session when the instance that holds it is killed', async () => {
    const calls = await Promise.all(canaries().map((canary) => ask(at(), canary)));
    const held = await lostWith(() => gateway.kill('tool-invocation', 0), upstream);
    const endings = await Promise.all(calls.map((call) => call.retry(at())));
    await gateway.restart('tool-invocation', 0);

    expect(held.size).toBeGreaterThan(0);
    expect(held.size).toBeLessThan(CALLS);
    for (const [index, said] of endings.entries()) {
      const { canary } = calls[index] as ParkedCall;
      if (held.has(canary)) expect(said.error).toMatchObject({ code: -32602, message: 'The call has ended meanwhile' });
      else expect(textOf(said)).toBe(`${canary} yes`);
    }
  });

  it('a call that waits for its client goes on for a client without a session through another replica of ingress', async () => {
    const [first, second] = gateway.ingressUrls as [string, string];
    const calls = await Promise.all(canaries().map((canary) => ask(at(first), canary)));
    await gateway.kill('ingress', 0);
    const endings = await Promise.all(calls.map((call) => call.retry(at(second))));
    await gateway.restart('ingress', 0);

    for (const [index, said] of endings.entries()) {
      expect(textOf(said)).toBe(`${calls[index]?.canary} yes`);
    }
  });

  it('a call that waits for its client ends clearly for a session when the instance that holds it is killed', async () => {
    const clients = await Promise.all(canaries().map((canary) => askSession(at(), canary)));
    const held = await lostWith(() => gateway.kill('tool-invocation', 1), upstream);
    const endings = await Promise.all(clients.map((client) => client.answer()));
    await gateway.restart('tool-invocation', 1);

    expect(held.size).toBeGreaterThan(0);
    expect(held.size).toBeLessThan(CALLS);
    for (const [index, said] of endings.entries()) {
      const { canary } = clients[index] as AskedSession;
      if (held.has(canary)) expect(said.error).toMatchObject({ message: 'The call has ended meanwhile' });
      else expect(textOf(said)).toBe(`${canary} yes`);
    }
  });

  it('a call that waits for its client asks a client that has left on its GET stream, on whichever replica, and goes on with the answer', async () => {
    const [first, second] = gateway.ingressUrls as [string, string];
    const client = await LegacyClient.open(at(first));
    const own = await client.as(at(second)).listen();
    const canary = `left ${Date.now()}`;
    const leaving = new AbortController();
    const callsBefore = callsOf(upstream);
    const call = client.call('ask', { canary, owner: 'admin', afterMs: STREAM_AFTER_MS }, {}, leaving.signal);
    const left = expect(call).rejects.toThrow(/abort/);
    await expect.poll(() => callsOf(upstream), { interval: 5 }).toBe(callsBefore + 1);
    leaving.abort();
    await left;

    const question = await own.hear(isQuestion);
    expect(question.params.message).toBe(canary);
    expect(own.eventId).toBe('changes.1');
    expect(upstream.waitingCanaries).toContain(canary);
    expect(await client.answer(question.id, { answer: 'yes' })).toBe(202);
    await expect.poll(() => upstream.waitingCanaries).not.toContain(canary);
    expect(upstream.answers.get(canary)).toBe('yes');
    own.leave();
  });

  it('a call that waits for its client asks a client that can come back for the stream of its call there, on the other replica', async () => {
    const [first, second] = gateway.ingressUrls as [string, string];
    const client = await LegacyClient.open(at(first));
    const own = await client.as(at(second)).listen();
    const canary = `back ${Date.now()}`;
    const talk = await client.call('ask', { canary, owner: 'admin', afterMs: 2 * STREAM_AFTER_MS });
    await expect.poll(() => talk.eventId).not.toBeNull();
    talk.leave();

    const there = client.as(at(second));
    const resumed = await there.listen(talk.eventId ?? '');
    const question = await resumed.hear(isQuestion);
    expect(await client.answer(question.id, { answer: 'yes' })).toBe(202);
    expect(textOf(await resumed.answer())).toBe(`${canary} yes`);
    expect(own.messages).toEqual([]);
    own.leave();
  });

  it('a call that waits for its client ends clearly for a session that comes back for its stream when ingress is killed, and the session lives', async () => {
    const [first, second] = gateway.ingressUrls as [string, string];
    const clients = await Promise.all(canaries().map((canary) => askSession(at(second), canary)));
    // What a client has heard may still be on its way to the store. It is there when the other replica says it again.
    await Promise.all(
      clients.map(async ({ client, talk }) => {
        const again = await client.as(at(first)).listen(talk.eventId?.replace(/\d+$/, '1'));
        await again.hear(isQuestion);
        again.leave();
      }),
    );
    const cancelledBefore = upstream.cancelled;
    await gateway.kill('ingress', 1);
    // Nobody will bring what they wait for: they are let go, upstream as well.
    const letGo = expect.poll(() => [upstream.waiting, upstream.cancelled - cancelledBefore]).toEqual([0, CALLS]);
    const resuming = Promise.all(
      clients.map(async ({ client, talk, question }) => {
        await talk.ended;
        const there = client.as(at(first));
        const stream = await there.listen(talk.eventId ?? '');
        // Nobody waits for it any more; it hurts nobody either.
        expect(await there.answer(question.id, { answer: 'yes' })).toBe(202);
        const ending = await stream.answer();
        expect((await (await there.call('count', {})).answer()).result.content).toHaveLength(1);
        return ending;
      }),
    );
    const [resumed] = await Promise.all([resuming, letGo]);
    await gateway.restart('ingress', 1);

    for (const said of resumed) {
      expect(said.error?.data).toMatchObject({ reason: 'bus.responder_lost', executed: 'unknown' });
    }
  });
});

interface ParkedCall {
  readonly canary: string;
  retry(at: Endpoint): Promise<Said>;
}

const ask = async (at: Endpoint, canary: string): Promise<ParkedCall> => {
  const params = { name: 'ask', arguments: { canary, owner: 'admin' } };
  const { inputRequests, requestState } = (await (await askModern(at, 'tools/call', params)).answer()).result;
  const [key = ''] = Object.keys(inputRequests);
  const inputResponses = { [key]: { action: 'accept', content: { answer: 'yes' } } };
  return {
    canary,
    retry: async (there) =>
      (await askModern(there, 'tools/call', { ...params, inputResponses, requestState })).answer(),
  };
};

const askSession = async (at: Endpoint, canary: string) => {
  const client = await LegacyClient.open(at);
  const talk = await client.call('ask', { canary, owner: 'admin' });
  const question = await talk.hear(isQuestion);
  const answer = async (): Promise<Said> => {
    expect(await client.answer(question.id, { answer: 'yes' })).toBe(202);
    return talk.answer();
  };
  return { canary, client, talk, question, answer };
};
type AskedSession = Awaited<ReturnType<typeof askSession>>;

const callsOf = ({ sessions }: AskingUpstream): number =>
  [...sessions.values()].reduce((total, { calls }) => total + calls, 0);

/** The canaries of the calls that the upstream no longer sees after somebody was killed. */
const lostWith = async (kill: () => Promise<void>, upstream: AskingUpstream): Promise<Set<string>> => {
  const before = upstream.waitingCanaries;
  await kill();
  await expect.poll(() => upstream.waiting).toBeLessThan(before.length);
  // The other connections of the one that is gone have ended in the same moment; that is read within a few turns.
  for (let turns = 0; turns < 20; turns++) await sleep(10);
  const after = new Set(upstream.waitingCanaries);
  return new Set(before.filter((canary) => !after.has(canary)));
};

const textOf = ({ result, error }: Said): unknown => result?.content?.[0]?.text ?? error;

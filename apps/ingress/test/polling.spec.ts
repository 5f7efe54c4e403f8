import { afterEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import { AdmitCaller, type CallAnswer } from '#libs/contracts';
import { fail } from '#libs/errors';
import { JSON_HEADERS, Rig, eventsOf, nextMessage, openSession, post, user } from './rig.js';

let rig: Rig;
let first: string;
let second: string;

const given = async (env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig(env);
  first = `${await rig.start()}/mcp`;
  second = `${await rig.start()}/mcp`;
};
afterEach(() => rig.stop());

const DONE = new WithBody<CallAnswer>({ kind: 'result' }, '{"content":[]}');
const CALL = { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'echo', arguments: {} } };

const open = (session: Record<string, string>, signal?: AbortSignal): Promise<Response> =>
  fetch(first, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...session },
    body: JSON.stringify(CALL),
    ...(signal && { signal }),
  });
const resume = (session: Record<string, string>, lastEventId: string): Promise<Response> =>
  fetch(second, { headers: { ...session, accept: 'text/event-stream', 'last-event-id': lastEventId } });
const idIn = (text: string): string => /^id: (\S+)$/m.exec(text)?.[1] ?? '';

/** Whatever is called waits until it is released. */
const givenSlowTool = (before: (send: (afterMs: number) => Promise<void>) => Promise<void> = async () => {}) => {
  const released = Promise.withResolvers<void>();
  rig.execute = async (_, context) => {
    await before((afterMs) => context.send({ kind: 'later', afterMs }));
    await released.promise;
    return DONE;
  };
  return released.resolve;
};

describe('an upstream that closes its stream and wants to be asked again', () => {
  it('a 2025-11-25 client comes back to any replica when its upstream closes the stream and says when', async () => {
    await given();
    const release = givenSlowTool((send) => send(70));
    const session = await openSession(first);

    const response = await open(session);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    expect(text).toMatch(/^retry: \d+\nid: [0-9a-f]{24}\.1\ndata: \n\nretry: 70\n\n$/);

    const events = eventsOf(await resume(session, idIn(text)));
    expect((await events.next()).value).toEqual({ id: idIn(text), data: '' });
    release();
    expect(await nextMessage(events)).toMatchObject({ id: 3, result: { content: [] } });
    expect(await nextMessage(events)).toBeNull();
  });

  it('an older client is kept waiting when its upstream closes the stream', async () => {
    await given();
    const release = givenSlowTool((send) => send(70));
    const answering = openSession(first, {}, '2025-06-18').then((session) => post(first, CALL, session));
    await vi.waitFor(() => expect(rig.calls).toHaveLength(1));
    release();
    expect((await answering).json.result).toEqual({ content: [] });
  });

  it('every client is kept waiting when its upstream closes the stream while the store is away', async () => {
    await given();
    const release = givenSlowTool((send) => send(70));
    const session = await openSession(first);
    vi.spyOn(rig.cache, 'append').mockRejectedValue(fail('platform.not_ready'));
    const events = eventsOf(await open(session));
    expect((await events.next()).value?.data).toBe('');
    await new Promise((resolve) => setTimeout(resolve, 100));
    release();
    expect(await nextMessage(events)).toMatchObject({ id: 3, result: { content: [] } });
  });
});

it('a stopping gateway finishes calls when their clients will come back for them', async () => {
  await given();
  const release = givenSlowTool((send) => send(70));
  const session = await openSession(first);
  const text = await (await open(session)).text();
  let stopped = false;
  const stopping = rig.stopStreams().then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(stopped).toBe(false);
  release();
  await stopping;
  expect(await nextMessage(eventsOf(await resume(session, idIn(text))))).toMatchObject({ id: 3, result: {} });
});

it('a stream goes on on the new connection alone when its client resumes it', async () => {
  await given({ STREAM_AFTER_MS: '50' });
  const tell = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  rig.execute = async (_, context) => {
    await tell.promise;
    await context.send({ kind: 'log', level: 'info', data: 'once' });
    await release.promise;
    return DONE;
  };
  const session = await openSession(first);
  const posted = eventsOf(await open(session));
  const { id } = (await posted.next()).value ?? {};

  const there = eventsOf(await resume(session, id ?? ''));
  expect((await posted.next()).done).toBe(true);
  tell.resolve();
  expect(await nextMessage(there)).toMatchObject({ params: { data: 'once' } });

  const again = eventsOf(await resume(session, id ?? ''));
  expect((await there.next()).done).toBe(true);
  release.resolve();
  expect(await nextMessage(again)).toMatchObject({ params: { data: 'once' } });
  expect(await nextMessage(again)).toMatchObject({ id: 3, result: { content: [] } });
});

describe('a call that takes long', () => {
  it('a call goes on as a stream that begins with an id when it takes long and its revision has that', async () => {
    await given({ STREAM_AFTER_MS: '100' });
    const release = givenSlowTool();
    const session = await openSession(first);
    const leaving = new AbortController();
    const events = eventsOf(await open(session, leaving.signal));
    const primed = (await events.next()).value;
    expect(primed).toMatchObject({ id: expect.stringMatching(/\.1$/), data: '' });

    leaving.abort();
    await events.next().catch(() => null);
    const resumed = eventsOf(await resume(session, primed?.id ?? ''));
    release();
    expect(await nextMessage(resumed)).toMatchObject({ id: 3, result: { content: [] } });
  });

  it('a call is kept alive without empty events when it takes long and its client is older', async () => {
    await given({ STREAM_AFTER_MS: '100' });
    const release = givenSlowTool();
    const response = await open(await openSession(first, {}, '2025-06-18'));
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    release();
    expect(await response.text()).toMatch(/^:\n\nevent: message\nid: [0-9a-f]{24}\.2\ndata: \{"jsonrpc".*\n\n$/);
  });

  it('a call is answered with one JSON object when it does not take long', async () => {
    await given({ STREAM_AFTER_MS: '100' });
    const { headers, json } = await post(first, CALL, await openSession(first));
    expect([headers.get('content-type'), json.id]).toEqual(['application/json', 3]);
  });

  it('a call becomes no stream before it is admitted and routed', async () => {
    await given({ STREAM_AFTER_MS: '50', AUTH_REQUIRED: 'true' });
    rig.tokens.set('ann', user('ann@x'));
    const session = await openSession(first, {}, '2025-11-25', { authorization: 'Bearer ann' });
    await rig.auth.drain();
    const slow = rig.broker.join('auth');
    slow.answer(AdmitCaller, async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      throw fail('auth.credential_invalid');
    });
    const { status, headers } = await post(first, CALL, { ...session, authorization: 'Bearer nobody' });
    expect([status, headers.get('content-type')]).toEqual([401, 'application/json']);
  });

  it('a call goes on when its connections are closed because they may not last', async () => {
    await given({ STREAM_AFTER_MS: '50', SSE_POLL_AFTER: '1' });
    const release = givenSlowTool();
    const session = await openSession(first);
    const closed = /^(?::\n\n)?retry: \d+\nid: [0-9a-f]{24}\.1\ndata: \n\nretry: \d+\n\n$/;
    const text = await (await open(session)).text();
    expect(text).toMatch(closed);
    expect(await (await resume(session, idIn(text))).text()).toMatch(closed);
    release();
    expect(await nextMessage(eventsOf(await resume(session, idIn(text))))).toMatchObject({ id: 3 });
  });
});

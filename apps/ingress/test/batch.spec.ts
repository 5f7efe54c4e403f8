import { afterEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import type { CallAnswer } from '#libs/contracts';
import { JSON_HEADERS, Rig, eventsOf, nextMessage, openSession, post } from './rig.js';

let rig: Rig;
let first: string;
let second: string;
let session: Record<string, string>;
let release: () => void;

const FORM = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object' } } };
const SAMPLE = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } };
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
const call = (id: number | string, name: string, _meta: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'echo', arguments: { name }, _meta },
});
const done = (text: string) =>
  new WithBody<CallAnswer>({ kind: 'result' }, JSON.stringify({ content: [{ type: 'text', text }] }));

/** Tools that tell, ask, wait until they are released, or just answer, by the name they are given. */
const given = async (env: Record<string, string> = {}): Promise<void> => {
  rig = new Rig({ STREAM_AFTER_MS: '10000', ...env });
  first = `${await rig.start()}/mcp`;
  second = `${await rig.start()}/mcp`;
  const released = Promise.withResolvers<void>();
  release = released.resolve;
  rig.execute = async (_, context) => {
    const { body = '' } = context;
    const { arguments: args, inputResponses } = JSON.parse(body);
    if (inputResponses !== undefined) return done(JSON.stringify(inputResponses));
    if (args.name === 'tells') await context.send({ kind: 'progress', progress: 1 });
    if (args.name === 'waits') await released.promise;
    if (args.name === 'asks')
      return new WithBody<CallAnswer>({ kind: 'input-required' }, JSON.stringify({ inputRequests: { a: SAMPLE } }));
    if (args.name === 'asks in vain')
      return new WithBody<CallAnswer>({ kind: 'input-required' }, JSON.stringify({ inputRequests: { a: FORM } }));
    return done(args.name);
  };
  session = await openSession(first, { sampling: {} }, '2025-03-26');
};
afterEach(() => rig.stop());

const open = (messages: readonly object[], signal?: AbortSignal): Promise<Response> =>
  fetch(first, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...session },
    body: JSON.stringify(messages),
    ...(signal && { signal }),
  });
const resume = (lastEventId: string): Promise<Response> =>
  fetch(second, { headers: { ...session, accept: 'text/event-stream', 'last-event-id': lastEventId } });
const messagesOf = async (response: Response) => {
  const messages = [];
  const events = eventsOf(response);
  for (let message = await nextMessage(events); message !== null; message = await nextMessage(events))
    messages.push(message);
  return messages;
};
const named = (messages: { id?: unknown; method?: string }[]) => messages.map(({ id, method }) => method ?? id).sort();

describe('a batch', () => {
  it('a batch is answered with one array when nothing is sent before its answers, a broken request and a failed call included', async () => {
    await given();
    const { headers, json } = await post(
      first,
      [LIST, call('two', 'plain'), { jsonrpc: '2.0', id: 3, method: 7 }, call(4, 'asks in vain')],
      session,
    );
    expect(headers.get('content-type')).toBe('application/json');
    expect(named(json)).toEqual([1, 3, 4, 'two']);
    expect(json.find(({ id }: { id: unknown }) => id === 4).error.message).toContain('elicitation/create');
  });

  it('a batch is answered on a stream, with an event for each answer, when one of its calls reports progress', async () => {
    await given();
    const response = await open([LIST, call(2, 'tells', { progressToken: 'p' }), call(3, 'plain'), call(4, 'waits')]);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    setTimeout(release, 50);
    const messages = await messagesOf(response);
    expect(named(messages)).toEqual([1, 2, 3, 4, 'notifications/progress']);
    expect(messages.find(({ method }) => method !== undefined).params).toMatchObject({ progressToken: 'p' });
    expect(messages.at(-1)).toMatchObject({ id: 4, result: { content: [{ text: 'waits' }] } });
  });

  it('a batch is answered on a stream when one of its calls asks the client something', async () => {
    await given();
    const events = eventsOf(await open([LIST, call(2, 'asks'), call(3, 'waits')]));
    const told = [await nextMessage(events), await nextMessage(events)];
    expect(named(told)).toEqual([1, SAMPLE.method]);
    const { id } = told.find(({ method }) => method !== undefined);
    await post(second, { jsonrpc: '2.0', id, result: { role: 'assistant' } }, session);
    expect(await nextMessage(events)).toMatchObject({
      id: 2,
      result: { content: [{ text: '{"a":{"role":"assistant"}}' }] },
    });
    release();
    expect(await nextMessage(events)).toMatchObject({ id: 3 });
  });

  it('a batch is answered on a stream when one of its calls takes long', async () => {
    await given({ STREAM_AFTER_MS: '100' });
    const slow = await open([LIST, call(3, 'waits')]);
    expect(slow.headers.get('content-type')).toBe('text/event-stream');
    release();
    expect(named(await messagesOf(slow))).toEqual([1, 3]);
  });

  it('a batch is answered on a stream when every answer is a stream', async () => {
    await given({ JSON_RESPONSE_ENABLED: 'false' });
    const response = await open([LIST, call(2, 'plain')]);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(named(await messagesOf(response))).toEqual([1, 2]);
  });

  it('a batch is answered without an array when all of it was cancelled', async () => {
    await given();
    const answering = open([call(2, 'waits')]).then((response) => response.text());
    await vi.waitFor(() => expect(rig.calls).toHaveLength(1));
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } };
    await post(second, cancelled, session);
    expect(await answering).toBe('');
  });

  it('a batch is resumed on another replica when its client comes back there', async () => {
    await given();
    const leaving = new AbortController();
    const events = eventsOf(await open([call(2, 'tells', { progressToken: 'p' }), call(3, 'waits')], leaving.signal));
    const lastEventId = (await events.next()).value?.id ?? '';
    leaving.abort();
    await events.next().catch(() => null);

    const resumed = await resume(lastEventId);
    release();
    expect(named(await messagesOf(resumed))).toEqual([2, 3]);
  });

  it('a batch reports each lost answer, and no other, when its replica is gone', async () => {
    await given();
    const leaving = new AbortController();
    const events = eventsOf(
      await open([call(2, 'tells', { progressToken: 'p' }), call(3, 'waits'), call('4', 'waits')], leaving.signal),
    );
    const { id } = (await events.next()).value ?? {};
    expect(await nextMessage(events)).toMatchObject({ id: 2 });
    leaving.abort();
    await rig.crash(0);

    const messages = await messagesOf(await resume(id ?? ''));
    expect(named(messages)).toEqual([2, 3, '4']);
    expect(messages.slice(1).map(({ error }) => error.data.reason)).toEqual([
      'bus.responder_lost',
      'bus.responder_lost',
    ]);
  });
});

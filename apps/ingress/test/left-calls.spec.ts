import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import type { CallAnswer } from '#libs/contracts';
import { JSON_HEADERS, Rig, type StreamEvent, eventsOf, nextMessage, openSession, post } from './rig.js';

let rig: Rig;
let first: string;
let second: string;
let goOn: () => void;
let logs: boolean;

const FORM = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object' } } };
const ACCEPT = { action: 'accept', content: { name: 'Ann' } };
const CALL = { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'echo', arguments: {} } };

/** A tool that asks who is there, once it is let go on. */
beforeEach(async () => {
  rig = new Rig({ STREAM_AFTER_MS: '10000' });
  logs = false;
  first = `${await rig.start()}/mcp`;
  second = `${await rig.start()}/mcp`;
  const held = Promise.withResolvers<void>();
  goOn = held.resolve;
  rig.execute = async (_, context) => {
    const { body = '' } = context;
    if (logs) await context.send({ kind: 'log', level: 'info', data: 'here' });
    if (body.includes('inputResponses')) return new WithBody<CallAnswer>({ kind: 'result' }, '{"content":[]}');
    await held.promise;
    return new WithBody<CallAnswer>({ kind: 'input-required' }, JSON.stringify({ inputRequests: { who: FORM } }));
  };
});
afterEach(() => rig.stop());

type Session = Record<string, string>;
type Events = AsyncGenerator<StreamEvent>;

const get = async (url: string, session: Session, lastEventId?: string): Promise<Events> =>
  eventsOf(
    await fetch(url, {
      headers: {
        ...session,
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    }),
  );

const leaveCall = async (session: Session, when: (response: Promise<Response>) => Promise<void>): Promise<void> => {
  const leaving = new AbortController();
  const response = fetch(first, {
    method: 'POST',
    headers: { ...JSON_HEADERS, ...session },
    body: JSON.stringify(CALL),
    signal: leaving.signal,
  });
  await when(response);
  leaving.abort();
  await response.then((answer) => answer.text()).catch(() => {});
  // Until the gateway, which runs in this process, has seen it: a stall is one of the turns.
  for (let turn = 0; turn < 10; turn++) await sleep(15);
};
const whenItRuns = async (): Promise<void> => {
  await vi.waitFor(() => expect(rig.calls).toHaveLength(1));
};

const question = async (events: Events): Promise<{ eventId: string | null; id: string }> => {
  for (;;) {
    const { value, done } = await events.next();
    if (done) throw new Error('the stream ended');
    if (value.data === '') continue;
    const { id, ...asked } = JSON.parse(value.data) as { id: string };
    expect(asked).toEqual({ jsonrpc: '2.0', ...FORM });
    return { eventId: value.id, id };
  }
};
const answer = async (url: string, session: Session, id: string): Promise<void> => {
  expect((await post(url, { jsonrpc: '2.0', id, result: ACCEPT }, session)).status).toBe(202);
  await vi.waitFor(() => expect(rig.calls).toHaveLength(2));
  expect(JSON.parse(rig.calls[1]?.body ?? '').inputResponses).toEqual({ who: ACCEPT });
};
/** Nothing but events without data within a while. */
const isSilent = async (events: Events): Promise<boolean> => {
  const said = nextMessage(events);
  return Promise.race([said.then(() => false), sleep(150, true)]);
};

describe('what a call asks a client that has left', () => {
  it.each(['2025-11-25', '2025-06-18'])(
    "a server request goes on the GET stream of a %s session, on any replica, when its client cannot resume the call's own",
    async (revision) => {
      const session = await openSession(first, { elicitation: {} }, revision);
      const own = await get(second, session);
      await leaveCall(session, whenItRuns);
      goOn();
      const { id, eventId } = await question(own);
      expect(eventId).toBe('changes.1');
      await answer(first, session, id);
    },
  );

  it('a server request waits for the GET stream, goes on one of them, and goes again only when it was not received', async () => {
    const session = await openSession(first, { elicitation: {} });
    await leaveCall(session, whenItRuns);
    goOn();
    await sleep(50);

    const own = await get(second, session);
    expect((await own.next()).value).toEqual({ id: 'changes', data: '' });
    const { id } = await question(own);

    const next = await get(first, session);
    expect((await next.next()).value).toEqual({ id: 'changes.1', data: '' });
    expect(await isSilent(next)).toBe(true);

    const again = await get(second, session, 'changes');
    expect((await question(again)).id).toBe(id);
    const known = await get(first, session, 'changes.1');
    expect(await isSilent(known)).toBe(true);
    await answer(second, session, id);
  });

  it('a server request stays on the stream of its call when the client can resume that', async () => {
    const session = await openSession(first, { elicitation: {} });
    const own = await get(second, session);
    let received: StreamEvent | undefined;
    logs = true;
    await leaveCall(session, async (response) => {
      const events = eventsOf(await response);
      await events.next();
      received = (await events.next()).value as StreamEvent;
    });
    logs = false;
    goOn();

    const resumed = await get(second, session, received?.id ?? '');
    const { id, eventId } = await question(resumed);
    expect(eventId).toBe(received?.id?.replace(/2$/, '3'));
    await answer(first, session, id);
    expect(await nextMessage(resumed)).toMatchObject({ id: 3, result: { content: [] } });
    expect(await isSilent(own)).toBe(true);
  });

  it('a server request reaches no other session when its client has left', async () => {
    const session = await openSession(first, { elicitation: {} });
    const other = await get(second, await openSession(second, { elicitation: {} }));
    await leaveCall(session, whenItRuns);
    goOn();
    expect(await isSilent(other)).toBe(true);
    expect(await isSilent(await get(second, await openSession(first, { elicitation: {} }), 'changes'))).toBe(true);
    await answer(first, session, (await question(await get(second, session))).id);
  });
});

import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WithBody } from '#libs/bus';
import type { CallAnswer, CallFrame } from '#libs/contracts';
import { JSON_HEADERS, Rig, eventsOf, modern, modernHeaders, openSession } from './rig.js';

let rig: Rig;
let url: string;
let socket: Socket;
let taken: number;
let signal: AbortSignal;
let isOver: boolean;

const LOG_CHARS = 8_192;
/** Far more than the gateway and the kernel may hold between them. */
const LOGS = 20_000;
/** What loopback connections hold in the kernel, and something for the gateway. */
const HELD_BYTES_MAX = 24 * 1024 * 1024;
const LOG: CallFrame = { kind: 'log', level: 'error', data: 'x'.repeat(LOG_CHARS) };

/** A tool that says more than anybody reads. */
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  rig = new Rig();
  url = `${await rig.start()}/mcp`;
  [taken, isOver] = [0, false];
  rig.execute = async (_, context) => {
    ({ signal } = context);
    while (taken < LOGS && !context.signal.aborted) {
      await context.send(LOG);
      taken++;
    }
    isOver = true;
    return new WithBody<CallAnswer>({ kind: 'result' }, '{"content":[]}');
  };
});
afterEach(async () => {
  socket?.destroy();
  vi.useRealTimers();
  await rig.stop();
});

/** Posts and reads no more than the beginning. */
const postAndStop = async (body: object, headers: Record<string, string>): Promise<string> => {
  const { port, pathname } = new URL(url);
  const text = JSON.stringify(body);
  const fields = { ...JSON_HEADERS, ...headers, host: `127.0.0.1:${port}`, 'content-length': String(text.length) };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`POST ${pathname} HTTP/1.1\r\n${head.join('')}\r\n${text}`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  return chunk.toString();
};

/** Several looks, since timers that are late come before what is to be read. */
const whenNothingMoves = async (): Promise<number> => {
  for (let [before, looks] = [-1, 0]; looks < 5; await sleep(50)) {
    looks = before === taken ? looks + 1 : 0;
    before = taken;
  }
  return taken;
};

const CALL = { name: 'echo', arguments: {} };

describe('a client that does not read what it is told', () => {
  it('a client without a session holds its tool back, and is cut off with its call, when it does not read', async () => {
    const meta = { 'io.modelcontextprotocol/logLevel': 'info' };
    await postAndStop(modern('tools/call', { ...CALL, _meta: meta }), modernHeaders('tools/call', 'echo'));

    expect((await whenNothingMoves()) * LOG_CHARS).toBeLessThan(HELD_BYTES_MAX);
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(33_000);

    await vi.waitFor(() => expect(signal.aborted).toBe(true));
    socket.resume();
    await once(socket, 'close');
    expect(taken).toBeLessThan(LOGS);
  });

  it('a client with a session is cut off when it does not read, while its call goes on and its last events are stored', async () => {
    const session = await openSession(url);
    const call = { jsonrpc: '2.0', id: 3, method: 'tools/call', params: CALL };
    const [, eventId = ''] = /^id: (\S+)$/m.exec(await postAndStop(call, session)) ?? [];

    expect((await whenNothingMoves()) * LOG_CHARS).toBeLessThan(HELD_BYTES_MAX);
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(33_000);

    await vi.waitFor(() => expect(isOver).toBe(true));
    expect([taken, signal.aborted]).toEqual([LOGS, false]);
    const headers = { ...session, accept: 'text/event-stream', 'last-event-id': eventId };
    const messages = [];
    for await (const { data } of eventsOf(await fetch(url, { headers })))
      if (data !== '') messages.push(JSON.parse(data));
    // A thousand are kept; what was still on its way to the store comes while those are read.
    expect(messages.length).toBeLessThan(2_000);
    expect(messages.at(-1)).toMatchObject({ id: 3, result: { content: [] } });
  });
});

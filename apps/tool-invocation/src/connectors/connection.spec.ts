import { EventEmitter } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { RelayedRequest } from '#contracts/tool-invocation/connectors/relay-request.request';
import { type ConnectorFrame, decodeGatewayFrame, encodeConnectorFrame } from '#libs/connector';
import type { Logger } from '#libs/telemetry';
import { Connection } from './connection.js';

const REQUEST: RelayedRequest = { connectionId: 'c', name: 'weather', method: 'POST', query: '', headers: [] };
const [OPEN, CLOSING] = [1, 2];

/** A connection whose socket keeps what is sent over it. */
const givenConnection = () => {
  const sent: string[] = [];
  const pings: Buffer[] = [];
  const socket = Object.assign(new EventEmitter(), {
    readyState: OPEN,
    bufferedAmount: 0,
    send: (message: Buffer, _options: object, done: () => void) => {
      sent.push(decodeGatewayFrame(message).frame.type);
      done();
    },
    ping: (payload: Buffer) => void pings.push(payload),
    terminate: vi.fn(),
    close: vi.fn(),
  });
  const facts = {
    id: 'c',
    instance: 'i',
    connectorId: 'k',
    names: ['weather'],
    place: 'p',
    zone: null,
    since: '2026-11-30T00:00:00.000Z',
  };
  const changed = vi.fn();
  const info = vi.fn();
  const warn = vi.fn();
  const closed = vi.fn();
  const logger = { info, debug: () => {}, warn } as unknown as Logger;
  const connection = new Connection(socket as unknown as WebSocket, facts, { changed, closed }, logger);
  onTestFinished(() => connection.close('the test is over'));
  const relay = (request: Partial<RelayedRequest> = {}, signal = new AbortController().signal) =>
    connection.relay({ ...REQUEST, ...request }, '{}', {
      timeLeftMs: 1_000,
      signal,
      take: async () => {},
    });
  const receive = (frame: ConnectorFrame) => socket.emit('message', encodeConnectorFrame(frame), true);
  return { connection, socket, sent, pings, changed, closed, info, warn, relay, receive };
};

describe('the connection of a connector', () => {
  it('Connection refuses a request alone when its headers are too large for a frame', async () => {
    const { relay, receive, sent, socket } = givenConnection();
    const other = relay();
    await expect(relay({ headers: ['mcp-param-text', 'x'.repeat(40_000)] })).rejects.toMatchObject({
      code: 'http.invalid',
      executed: 'no',
    });
    expect(sent).toEqual(['request']);
    expect(socket.close).not.toHaveBeenCalled();
    receive({ type: 'response', id: 1, status: 200, headers: [], ends: true });
    await other;
  });

  it('Connection sends nothing, and is no longer offered, when its socket is closing', async () => {
    const { relay, sent, changed, socket, connection } = givenConnection();
    socket.readyState = CLOSING;
    await expect(relay()).rejects.toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
    expect(sent).toEqual([]);
    expect(changed).toHaveBeenCalledExactlyOnceWith(connection, false);
  });

  it('Connection sends nothing new when the connector has said that it leaves', async () => {
    const { relay, receive, sent } = givenConnection();
    receive({ type: 'leave' });
    await expect(relay()).rejects.toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
    expect(sent).toEqual([]);
  });

  it('Connection says that nothing was executed when the socket closes as the request is about to be sent', async () => {
    const { relay, sent, socket } = givenConnection();
    const relayed = relay();
    socket.readyState = CLOSING;
    await expect(relayed).rejects.toMatchObject({ code: 'upstream.unreachable', executed: 'no' });
    expect(sent).toEqual([]);
  });

  it('Connection logs what the connector says of a failure, and tells clients its code alone', async () => {
    const { relay, receive, info } = givenConnection();
    const relayed = relay();
    receive({ type: 'failed', id: 1, executed: 'no', reason: 'ECONNREFUSED: connect ECONNREFUSED 10.0.0.7:9000' });
    await expect(relayed).rejects.toMatchObject({ message: 'The connector cannot reach the upstream (ECONNREFUSED)' });
    expect(info.mock.calls[0]?.[0]).toMatchObject({ reason: expect.stringContaining('10.0.0.7:9000') });

    const other = relay();
    receive({ type: 'failed', id: 2, executed: 'no', reason: 'db.internal says no' });
    await expect(other).rejects.toMatchObject({ message: 'The connector cannot reach the upstream' });
  });

  it('Connection refuses a request when too much waits to leave, and takes the next when it has left', async () => {
    const { relay, receive, socket, sent } = givenConnection();
    socket.bufferedAmount = 9_000_000;
    await expect(relay()).rejects.toMatchObject({ code: 'upstream.busy', executed: 'no' });
    expect(sent).toEqual([]);
    socket.bufferedAmount = 0;
    const next = relay();
    receive({ type: 'response', id: 1, status: 200, headers: [], ends: true });
    await next;
  });

  it('Connection hangs up when nothing that waits leaves any more, however well pings are answered', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { relay, socket, pings, closed } = givenConnection();
    const relayed = relay();
    await new Promise((resolve) => setImmediate(resolve));
    socket.bufferedAmount = 1_000;
    for (let turn = 0; turn < 5 && socket.terminate.mock.calls.length === 0; turn++) {
      vi.advanceTimersByTime(5_000);
      socket.emit('pong', pings.at(-1));
    }
    expect(socket.terminate).toHaveBeenCalled();
    expect(closed.mock.calls).toMatchObject([[expect.anything(), expect.stringContaining('took nothing')]]);
    await expect(relayed).rejects.toMatchObject({ executed: 'unknown' });
  });

  it('Connection hangs up when pongs have other bytes than its pings, whatever else is said', () => {
    vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { socket, closed, changed } = givenConnection();
    for (let turn = 0; turn < 5 && socket.terminate.mock.calls.length === 0; turn++) {
      vi.advanceTimersByTime(5_000);
      socket.emit('pong', Buffer.alloc(8));
    }
    expect(closed.mock.calls).toMatchObject([[expect.anything(), expect.stringContaining('said nothing')]]);
    expect(changed).not.toHaveBeenCalled();
  });

  it.each([
    ['response', { type: 'response', id: 1, status: 200, headers: [], ends: true }],
    ['piece of it', { type: 'data', id: 1, ends: true }],
    ['failure', { type: 'failed', id: 1, executed: 'no', reason: '' }],
  ] satisfies [string, ConnectorFrame][])(
    'Connection ends, and says so once, when a %s comes after the response has ended',
    async (_what, frame) => {
      const { relay, receive, socket, warn } = givenConnection();
      const relayed = relay();
      receive({ type: 'response', id: 1, status: 200, headers: [], ends: true });
      await relayed;
      receive({ type: 'credit', id: 1, bytes: 10 });
      expect(socket.close).not.toHaveBeenCalled();
      for (let times = 0; times < 3; times++) receive(frame);
      expect(socket.close).toHaveBeenCalledExactlyOnceWith(1008, expect.stringContaining('has ended'));
      expect(warn).toHaveBeenCalledOnce();
    },
  );

  it('Connection ends when a response goes on after it failed, before anybody has taken it', () => {
    const { relay, receive, socket } = givenConnection();
    relay().catch(() => {});
    receive({ type: 'failed', id: 1, executed: 'no', reason: 'ECONNREFUSED' });
    receive({ type: 'response', id: 1, status: 200, headers: [], ends: true });
    expect(socket.close).toHaveBeenCalledOnce();
  });

  it('Connection lets the answer to a request pass when nobody waits for it any more, once', async () => {
    const { relay, receive, socket } = givenConnection();
    const waiting = new AbortController();
    const relayed = relay({}, waiting.signal);
    await new Promise((resolve) => setImmediate(resolve));
    waiting.abort();
    await expect(relayed).rejects.toMatchObject({ executed: 'unknown' });
    receive({ type: 'response', id: 1, status: 200, headers: [], ends: false });
    receive({ type: 'data', id: 1, ends: true });
    expect(socket.close).not.toHaveBeenCalled();
    receive({ type: 'data', id: 1, ends: true });
    expect(socket.close).toHaveBeenCalledOnce();
  });
});

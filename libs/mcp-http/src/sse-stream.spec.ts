import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.js';
import { SseStream } from './sse-stream.js';

let server: Server;
let heartbeat: Heartbeat;
let socket: Socket;
let response: ServerResponse;
let received: string;

beforeEach(async () => {
  heartbeat = new Heartbeat();
  received = '';
  const arrived = new Promise<ServerResponse>((resolve) => {
    server = createServer((_: IncomingMessage, answer) => resolve(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  response = await arrived;
});
afterEach(() => {
  vi.useRealTimers();
  heartbeat.close();
  socket.destroy();
  server.closeAllConnections();
  server.close();
});

it('an SSE stream keeps each message on one line', async () => {
  const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
  void stream.send('{\n"a": 1,\r\n"b":2}', 'id.1');
  stream.end();
  await vi.waitFor(() => expect(received).toContain('event: message\nid: id.1\ndata: { "a": 1, "b":2}\n\n'));
});

it('an SSE stream sends a comment when it has been silent for a while', async () => {
  const stream = new SseStream(response, { heartbeat, keepAliveMs: 30_000 });
  void stream.send('1');
  stream.beat(Date.now() + 29_000);
  stream.beat(Date.now() + 31_000);
  await vi.waitFor(() => expect(received.match(/^:$/gm)).toHaveLength(1));
});

it('an SSE stream makes the writer wait when its reader is slow, and goes on when it has caught up', async () => {
  socket.pause();
  const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
  const room = async (): Promise<boolean> =>
    Promise.race([
      Promise.resolve(stream.send('x'.repeat(200_000))).then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, 100, false)),
    ]);
  while (await room());
  let caughtUp = false;
  void Promise.resolve(stream.send('')).then(() => {
    caughtUp = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(caughtUp).toBe(false);
  socket.resume();
  await vi.waitFor(() => expect(caughtUp).toBe(true));
});

it('an SSE stream cuts its reader off when that owes too much or has not moved for too long', async () => {
  socket.pause();
  const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
  for (let count = 0; response.writableLength === 0 && count < 200; count++) void stream.send('x'.repeat(200_000));
  const nowMs = Date.now();
  stream.beat(nowMs);
  stream.beat(nowMs + 29_000);
  expect(stream.open).toBe(true);
  stream.beat(nowMs + 31_000);
  expect(stream.open).toBe(false);
  await vi.waitFor(() => expect(heartbeat.size).toBe(0));
});

it('an SSE stream does not queue without end when its writer does not wait', () => {
  socket.pause();
  const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
  for (let count = 0; stream.open && count < 1_000; count++) void stream.send('x'.repeat(100_000));
  expect(stream.open).toBe(false);
  expect(response.writableLength).toBeLessThan(4 * 1024 * 1024);
});

it('an SSE stream sends no comment, and is not cut off, while its reader has to catch up with a long message', async () => {
  socket.pause();
  const stream = new SseStream(response, { heartbeat, keepAliveMs: 1_000 });
  const message = 'x'.repeat(16_000_000);
  const taken = stream.send(message);
  stream.beat(Date.now() + 2_000);
  stream.beat(Date.now() + 4_000);
  socket.resume();
  await taken;
  await vi.waitFor(() => expect(received.length).toBeGreaterThan(message.length));
  expect(received.match(/^:$/gm)).toBeNull();
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type ConnectorFrame, type GatewayFrame, decodeConnectorFrame, encodeGatewayFrame } from '#libs/connector';
import { GatewayLine } from './gateway-line.js';
import type { DoorRequest, UpstreamDoor } from './upstream-door.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A line to a gateway that sends what it is told, and an upstream that answers by `statusCode` and `headers`. */
const givenLine = async (answer: { readonly statusCode?: number; readonly headers?: Record<string, string> } = {}) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const connected = once(server, 'connection') as Promise<[WebSocket]>;
  const asked: DoorRequest[] = [];
  const door = {
    request: async (request: DoorRequest) => {
      asked.push(request);
      // The next time it answers as anybody.
      const { statusCode = 200, headers = {} } = asked.length === 1 ? answer : {};
      return { statusCode, headers, body: Readable.from([]) };
    },
  };
  const line = await GatewayLine.open(
    {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token: 't',
      zone: null,
      place: 'p',
      env: {},
    },
    new Map([['weather', door as unknown as UpstreamDoor]]),
  );
  const [gateway] = await connected;
  // The server waits for its clients.
  closers.unshift(async () => gateway.terminate());
  const frames: ConnectorFrame[] = [];
  const waiting = new Set<() => void>();
  gateway.on('message', (data) => {
    frames.push(decodeConnectorFrame(data as Buffer).frame);
    for (const look of waiting) look();
  });
  /** Resolves when such a frame has come. */
  const come = (isIt: (frame: ConnectorFrame) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!frames.some(isIt)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  const send = (frame: GatewayFrame): void => gateway.send(encodeGatewayFrame(frame));
  const ask = (id: number): void =>
    send({
      type: 'request',
      id,
      name: 'weather',
      method: 'POST',
      query: '',
      headers: [],
      timeLeftMs: 9_000,
      ends: true,
    });
  return { line, gateway, asked, frames, come, send, ask };
};

describe('the line of a connector to the gateway', () => {
  it.each([
    ['has a status of its own', { statusCode: 999 }],
    [
      'has more headers than any',
      { headers: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`x-${at}`, ''])) },
    ],
    ['has a header that is too long', { headers: { 'x-long': 'x'.repeat(40_000) } }],
  ])('GatewayLine fails one request and serves the next when the answer %s', async (_what, answer) => {
    const { gateway, come, ask, frames } = await givenLine(answer);
    ask(1);
    await come(({ type }) => type === 'failed');
    expect(frames[0]).toMatchObject({
      id: 1,
      executed: 'unknown',
      reason: expect.stringContaining('cannot be carried'),
    });
    ask(2);
    await come((frame) => frame.type === 'data' && frame.id === 2 && frame.ends);
    expect(gateway.readyState).toBe(gateway.OPEN);
  });

  it('GatewayLine serves a request when it crosses the word that the connector leaves', async () => {
    const { line, come, ask } = await givenLine();
    const closing = line.close();
    await come(({ type }) => type === 'leave');
    ask(1);
    await come((frame) => frame.type === 'data' && frame.id === 1 && frame.ends);
    await closing;
  });

  it('GatewayLine serves nothing any more when the connection is about to close', async () => {
    const { line, gateway, asked, ask } = await givenLine();
    gateway.send(Buffer.from('no frame'));
    ask(1);
    await line.left;
    expect(asked).toEqual([]);
  });
});

import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DoorRequest, UpstreamDoor } from './upstream-door.js';

/** A server that answers as it is told, and the way to it. */
const givenDoor = async (answer: (request: IncomingMessage, response: ServerResponse) => void, path = '/mcp') => {
  const asked: { readonly url: string | undefined; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ url: request.url, body: await text(request) });
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const door = await UpstreamDoor.open('weather', { kind: 'http', url, headers: {} }, {}, () => {});
  onTestFinished(async () => {
    await door.close();
    server.close();
  });
  const ask = async (body: DoorRequest['body'], query = ''): Promise<number> => {
    const signal = AbortSignal.timeout(10_000);
    const response = await door.request({ method: 'POST', query, headers: [], body, signal });
    await response.body.dump();
    return response.statusCode;
  };
  return { ask, asked, url };
};

const redirecting =
  (to: string) =>
  ({ url }: IncomingMessage, response: ServerResponse): void =>
    void (url?.startsWith('/mcp/') === true
      ? response.writeHead(200).end()
      : response.writeHead(307, { location: to }).end());

describe('the way of a connector to its upstream', () => {
  it('UpstreamDoor goes where the upstream says on its own origin, and there at once the next time', async () => {
    const { ask, asked } = await givenDoor(redirecting('/mcp/?lost=1'), '/mcp?own=1');
    expect(await ask(Buffer.from('one'), 'x=y')).toBe(200);
    expect(await ask(Buffer.from('two'))).toBe(200);
    expect(asked).toEqual([
      { url: '/mcp?own=1&x=y', body: 'one' },
      { url: '/mcp/?own=1&x=y', body: 'one' },
      { url: '/mcp/?own=1', body: 'two' },
    ]);
  });

  it('UpstreamDoor hands a redirect on when it leads to another origin, and sends the body nowhere else', async () => {
    const { ask, asked } = await givenDoor(redirecting('http://localhost:9/mcp/'));
    for (let times = 0; times < 2; times++) expect(await ask(Buffer.from('one'))).toBe(307);
    expect(asked).toHaveLength(2);
  });

  it('UpstreamDoor hands a redirect on when the body came in pieces, and knows the way the next time', async () => {
    const { ask } = await givenDoor(redirecting('/mcp/'));
    expect(await ask(Readable.from([Buffer.from('a'), Buffer.from('b')]))).toBe(307);
    expect(await ask(Readable.from([Buffer.from('a'), Buffer.from('b')]))).toBe(200);
  });

  it('UpstreamDoor gives up when redirects lead on and on', async () => {
    let turn = 0;
    const { ask, asked } = await givenDoor(
      (_request, response) => void response.writeHead(308, { location: `/on/${turn++}` }).end(),
    );
    expect(await ask(Buffer.from('one'))).toBe(308);
    expect(asked).toHaveLength(4);
  });
});

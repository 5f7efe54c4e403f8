import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Heartbeat } from './heartbeat.js';
import { answerEmpty, answerJson } from './json-answer.js';
import { SseStream } from './sse-stream.js';

let answer: (response: ServerResponse) => void;
let server: http.Server;
let url: string;
const heartbeat = new Heartbeat(1_000);

beforeAll(async () => {
  server = http.createServer((_request, response) => answer(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  heartbeat.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('an answer in parts', () => {
  const piece = Buffer.from(`"${'é'.repeat(1_000)}",`);
  const message = (pieces: number) => ['{"id":1,"result":[', Buffer.concat(Array<Buffer>(pieces).fill(piece)), '"ü"]}'];

  it.each([
    ['JSON', 0],
    ['JSON', 20],
    ['JSON', 130],
    ['JSON', 131],
    ['JSON', 1_000],
    ['a stream', 0],
    ['a stream', 20],
    ['a stream', 1_000],
  ])('an answer in parts arrives whole when it is %s with %i pieces', async (kind, pieces) => {
    const parts = message(pieces);
    answer = (response) => {
      if (kind === 'JSON') return void answerJson(response, 200, parts);
      const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
      void stream.send(parts, '7.1');
      stream.end();
    };
    const text = parts.join('');
    const got = await fetch(url);
    expect((await got.text()) === (kind === 'JSON' ? text : `event: message\nid: 7.1\ndata: ${text}\n\n`)).toBe(true);
    if (kind === 'JSON') expect(got.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
  });

  it('an answer in parts is one line of a stream when its bytes have many', async () => {
    answer = (response) => {
      const stream = new SseStream(response, { heartbeat, keepAliveMs: null });
      void stream.send(['{"a":', Buffer.from('[1,\r\n2\n]'), '}']);
      stream.end();
    };
    expect(await (await fetch(url)).text()).toBe('event: message\ndata: {"a":[1, 2 ]}\n\n');
  });
});

describe('whatever is answered over HTTP', () => {
  it.each<[string, number, (response: ServerResponse) => void]>([
    ['an answer in JSON', 200, (response) => answerJson(response, 200, '{}')],
    ['a refusal', 400, (response) => answerJson(response, 400, '{}', { 'WWW-Authenticate': 'Bearer' })],
    ['an empty answer', 202, (response) => answerEmpty(response, 202)],
    ['no content', 204, (response) => answerEmpty(response, 204)],
    ['a stream', 200, (response) => new SseStream(response, { heartbeat, keepAliveMs: null }).end()],
  ])('%s is neither stored by anybody nor taken for another type', async (_what, status, give) => {
    answer = give;
    const got = await fetch(url);
    await got.text();
    expect(got.status).toBe(status);
    expect(got.headers.get('cache-control')).toMatch(/^no-store/);
    expect(got.headers.get('x-content-type-options')).toBe('nosniff');
    expect(got.headers.get('content-length')).toBe(
      { 202: '0', 204: null }[status] ?? got.headers.get('content-length'),
    );
  });
});

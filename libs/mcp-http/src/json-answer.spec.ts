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

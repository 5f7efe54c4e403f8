import { get, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '#libs/config';
import { fail } from '#libs/errors';
import { createLogger, renderPrometheus } from '#libs/telemetry';
import { Lifecycle } from '../lifecycle.js';
import { platformOptions } from '../platform.config.js';
import { Readiness } from '../readiness.js';
import { FrontServer } from './front-server.js';
import { HeapPressure } from './heap-pressure.js';
import { OperationsFace } from './operations-face.js';
import { RawHttp } from './raw-http.js';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const opened: FrontServer[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((front) => front.close()));
});

const start = async (settings: Record<string, string> = {}, pressure?: HeapPressure) => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const config = parseConfig(platformOptions, settings);
  const raw = new RawHttp(new Lifecycle());
  const operations = new OperationsFace(['ingress'], new Readiness(), logger, config.INTERNAL_METRICS);
  const front = new FrontServer({ config, raw, operations, logger }, pressure);
  opened.push(front);
  const port = await front.listen(0);
  return { front, raw, port, url: `http://127.0.0.1:${port}` };
};

/** Holds every request until it is told to answer. */
const holding = () => {
  const held: ServerResponse[] = [];
  const listener: Listener = (_request, response) => void held.push(response);
  return { held, listener };
};
const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const statusOf = (url: string): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });

/** Of one place, which one request has given back while it waits and another has taken. */
const oneWaits = async () => {
  const { front, raw, url } = await start({ BACKPRESSURE: '1' });
  const waiting: ServerResponse[] = [];
  raw.mount((incoming, response) => {
    if (incoming.url !== '/waits') return false;
    raw.lendPlace(response);
    // Twice is as once.
    raw.lendPlace(response);
    waiting.push(response);
    return true;
  });
  const { held, listener } = holding();
  front.serve(listener);
  const waits = statusOf(`${url}/waits`);
  await until(() => waiting.length === 1);
  const works = statusOf(url);
  await until(() => held.length === 1);
  const [waiter] = waiting as [ServerResponse];
  return { front, raw, url, waiter, waits, works, held };
};

describe('the HTTP server of a process', () => {
  it('the HTTP server refuses with Retry-After until there is an application', async () => {
    const { front, url } = await start();
    const answer = await fetch(`${url}/mcp`);
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([
      503,
      '1',
      { detail: 'Not ready', code: 'platform.not_ready' },
    ]);
    expect(await statusOf(`${url}/health`)).toBe(200);
    front.serve((_request, response) => response.end('ok'));
    expect(await statusOf(`${url}/mcp`)).toBe(200);
  });

  it('the HTTP server answers /health while every place is taken', async () => {
    const { front, url } = await start({ BACKPRESSURE: '4' });
    const { held, listener } = holding();
    front.serve(listener);
    const taken = Array.from({ length: 4 }, () => statusOf(url));
    await until(() => held.length === 4);
    expect(await statusOf(url)).toBe(503);
    expect(await statusOf(`${url}/health`)).toBe(200);
    for (const response of held) response.end();
    expect(await Promise.all(taken)).toEqual([200, 200, 200, 200]);
    const last = statusOf(url);
    await until(() => held.length === 5);
    held[4]?.end();
    expect(await last).toBe(200);
  });

  it('the HTTP server does not count streams that gave back their place', async () => {
    const { front, raw, url } = await start({ BACKPRESSURE: '1' });
    const streams: ServerResponse[] = [];
    raw.mount((incoming, response) => {
      if (incoming.url !== '/stream') return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': open\n\n');
      raw.releasePlace(response);
      streams.push(response);
      return true;
    });
    front.serve((_request, response) => response.end('ok'));
    expect(await Promise.all([1, 2, 3].map(() => statusOf(`${url}/stream`)))).toEqual([200, 200, 200]);
    expect(await statusOf(url)).toBe(200);
    await front.quiet();
    for (const response of streams) response.end();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await statusOf(url)).toBe(200);
  });

  it('the HTTP server gives the place of a request that waits elsewhere to another, and does not stop before it', async () => {
    const { front, url, waiter, waits, works, held } = await oneWaits();
    expect(await statusOf(url)).toBe(503);
    held[0]?.end();
    expect(await works).toBe(200);
    let isQuiet = false;
    void front.quiet().then(() => (isQuiet = true));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(isQuiet).toBe(false);
    waiter.end();
    expect(await waits).toBe(200);
    await until(() => isQuiet);
  });

  it('the HTTP server gives a request that has waited elsewhere its place again when there is one', async () => {
    const { raw, url, waiter, waits, works, held } = await oneWaits();
    expect(() => raw.takePlace(waiter)).toThrow(expect.objectContaining({ code: 'http.overloaded' }));
    held[0]?.end();
    expect(await works).toBe(200);
    raw.takePlace(waiter);
    raw.takePlace(waiter);
    expect(await statusOf(url)).toBe(503);
    waiter.end();
    expect(await waits).toBe(200);
    const last = statusOf(url);
    await until(() => held.length === 2);
    held[1]?.end();
    expect(await last).toBe(200);
  });

  it('the HTTP server takes one request at a time while the heap is nearly full', async () => {
    let share = 0.95;
    const pressure = new HeapPressure(() => share);
    pressure.sample();
    const { front, url } = await start({}, pressure);
    const { held, listener } = holding();
    front.serve(listener);
    const first = statusOf(url);
    await until(() => held.length === 1);
    expect(await statusOf(url)).toBe(503);
    share = 0.5;
    pressure.sample();
    const second = statusOf(url);
    await until(() => held.length === 2);
    for (const response of held) response.end();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
  });

  it('the HTTP server gives back the place of a client that went away', async () => {
    const { front, url, port } = await start({ BACKPRESSURE: '1' });
    const { held, listener } = holding();
    front.serve(listener);
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => held.length === 1);
    socket.destroy();
    await until(() => held[0]?.closed === true);
    front.serve((_request, response) => response.end('ok'));
    expect(await statusOf(url)).toBe(200);
  });

  interface HalfSent {
    readonly socket: Socket;
    answer: string;
  }
  /** Takes a place once the body is there, as everything does that reads one. Counts the heads that came. */
  const readingBodies = (raw: RawHttp): { count: number } => {
    const heads = { count: 0 };
    raw.mount((incoming, response) => {
      heads.count += 1;
      incoming.resume();
      incoming.on('end', () => {
        raw.takePlace(response);
        response.end('ok');
      });
      return true;
    });
    return heads;
  };
  /** Connections that have sent a head that promises a body, and the beginning of that, one after the other. */
  const halfSent = async (port: number, heads: { count: number }, count: number, length = 100): Promise<HalfSent[]> => {
    const halves: HalfSent[] = [];
    while (halves.length < count) {
      const socket = connect(port, '127.0.0.1');
      const half = { socket, answer: '' };
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => (half.answer += String(chunk)));
      const before = heads.count;
      socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\nx`);
      await until(() => heads.count > before);
      halves.push(half);
    }
    return halves;
  };

  it('the HTTP server gives a place to none whose body has not come', async () => {
    const { front, raw, port, url } = await start({ BACKPRESSURE: '1' });
    const heads = readingBodies(raw);
    front.serve(() => undefined);
    const halves = await halfSent(port, heads, 20);
    const answer = await fetch(url, { method: 'POST', body: 'a whole body' });
    expect([answer.status, await statusOf(url)]).toEqual([200, 200]);
    for (const { socket } of halves) socket.destroy();
  });

  it('the HTTP server cuts the oldest bodies of strangers where one address has too many, and none of those it knows', async () => {
    const { front, raw, port } = await start({ STRANGERS_PER_ADDRESS_MAX: '5', BODY_RATE_MIN: '0' });
    const heads = readingBodies(raw);
    const known = new Set<number>();
    front.serve(
      () => undefined,
      async ({ socket }) => known.has(socket.remotePort ?? 0),
    );
    const callers = await halfSent(port, heads, 10);
    for (const { socket } of callers) known.add(socket.localPort ?? 0);
    const strangers = await halfSent(port, heads, 20);
    await until(() => strangers.filter(({ socket }) => socket.destroyed).length === 15);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(strangers.map(({ answer }) => answer.split('\r\n', 1)[0])).toEqual([
      ...Array.from({ length: 15 }, () => 'HTTP/1.1 408 Request Timeout'),
      ...Array.from({ length: 5 }, () => ''),
    ]);
    expect(strangers[0]?.answer).toContain('Connection: close');
    for (const { socket } of callers) socket.write('x'.repeat(99));
    await until(() => callers.every(({ answer }) => answer.startsWith('HTTP/1.1 200')));
    for (const { socket } of [...callers, ...strangers]) socket.destroy();
  });

  it('the HTTP server answers 408 and closes when a body hardly comes, and lets one that comes finish', async () => {
    const LENGTH = 1_000_000;
    const { front, raw, port } = await start({ BODY_RATE_MIN: '5' });
    const heads = readingBodies(raw);
    front.serve(() => undefined);
    const [slow, steady] = (await halfSent(port, heads, 2, LENGTH)) as [HalfSent, HalfSent];
    const dripping = setInterval(() => slow.socket.write('x'), 500);
    let unsent = LENGTH - 1;
    const coming = setInterval(() => {
      unsent -= 1_000;
      steady.socket.write('x'.repeat(1_000));
    }, 250);
    await until(() => slow.socket.destroyed);
    clearInterval(dripping);
    expect(slow.answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"http.request_timeout"/);
    expect(steady.answer).toBe('');
    clearInterval(coming);
    steady.socket.write('x'.repeat(unsent));
    await until(() => steady.answer !== '');
    expect(steady.answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('the HTTP server gives up an answer that nobody reads', async () => {
    const { front, port, url } = await start({ ANSWER_STALL_TIMEOUT: '1', BACKPRESSURE: '1' });
    const piece = Buffer.alloc(64 * 1024);
    let closed = false;
    front.serve((incoming, response) => {
      if (incoming.url !== '/much') return void response.end('ok');
      response.on('close', () => (closed = true));
      const more = (): void => {
        while (response.write(piece));
      };
      response.on('drain', more);
      more();
    });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /much HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.pause();
    await until(() => closed);
    expect(await statusOf(url)).toBe(200);
    socket.destroy();
  });

  it('the HTTP server says Connection: close on the answers that are in hand when it stops', async () => {
    const { front, url } = await start();
    const { held, listener } = holding();
    front.serve(listener);
    const answer = new Promise<IncomingMessage>((resolve) =>
      get(url, { agent: false, headers: { connection: 'keep-alive' } }, resolve),
    );
    await until(() => held.length === 1);
    front.stopAccepting();
    held[0]?.end('ok');
    expect((await answer).headers.connection).toBe('close');
    (await answer).resume();
  });

  it('the HTTP server answers /health alone beyond its cap of connections, and everything when some close', async () => {
    const { front, port, url } = await start({ MAX_CONNECTIONS: '5' });
    front.serve((_request, response) => response.end('ok'));
    const sockets: Socket[] = [];
    for (let count = 0; count < 5; count++) {
      const socket = connect(port, '127.0.0.1');
      // Half a head: busy, so not closed as idle.
      socket.write('GET / HTTP/1.1\r\n');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      sockets.push(socket);
    }
    expect([await statusOf(`${url}/health`), await statusOf(url)]).toEqual([200, 503]);
    const silent = connect(port, '127.0.0.1');
    await new Promise((resolve) => silent.once('close', resolve));
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await statusOf(url)).toBe(200);
  });

  it.each([
    ['a head over 16 KiB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
    ['what is not HTTP', 'nonsense\r\n\r\n', '400'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', '400'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\nConnection: close\r\n\r\n', '400'],
    ['a request without a host', 'GET / HTTP/1.1\r\n\r\n', '400'],
  ])('the HTTP server refuses %s', async (_name, text, status) => {
    const { front, port } = await start();
    front.serve((_request, response) => response.end('ok'));
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.end(text);
    await new Promise((resolve) => socket.once('close', resolve));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it('the HTTP server has the time limits that slow clients run into', async () => {
    const { front } = await start();
    expect(front.server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, timeout: 0 });
  });

  it('the HTTP server answers a request that comes on an idle connection just after the stop, and ends the connection', async () => {
    const { front, port } = await start();
    front.serve((_request, response) => response.end('ok'));
    const socket = connect(port, '127.0.0.1');
    let answers = '';
    socket.on('data', (chunk) => (answers += String(chunk)));
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => answers.includes('ok'));
    answers = '';
    front.stopAccepting();
    const quiet = front.quiet();
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    await until(() => answers.includes('ok'));
    expect(answers).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*Connection: close\r\n/);
    await quiet;
    await expect.poll(() => socket.readableEnded).toBe(true);
    await expect(statusOf(`http://127.0.0.1:${port}`)).rejects.toThrow('ECONNREFUSED');
  });

  it('the HTTP server ends an idle connection and finishes a busy one when it stops', async () => {
    const { front, port } = await start();
    const { held, listener } = holding();
    front.serve(listener);
    const idle = connect(port, '127.0.0.1');
    const idleClosed = new Promise((resolve) => idle.once('close', resolve));
    await new Promise((resolve) => idle.once('connect', resolve));
    const busy = new Promise<IncomingMessage>((resolve) => request(`http://127.0.0.1:${port}`, resolve).end());
    await until(() => held.length === 1);
    front.stopAccepting();
    const quiet = front.quiet();
    held[0]?.end('done');
    await quiet;
    const answer = await busy;
    expect(answer.statusCode).toBe(200);
    answer.resume();
    await front.close();
    await idleClosed;
  });

  it('the HTTP server ignores the offer of h2c, and answers as usual', async () => {
    const { front, raw, port } = await start();
    raw.onUpgrade(() => true);
    front.serve((_request, response) => response.end('ok'));
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
    const status = await new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });

  it('the HTTP server lets go of an upgrade that nobody wants when its client says more and never ends', async () => {
    const { port } = await start();
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    socket
      .resume()
      .write('GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    let isClosed = false;
    socket.once('close', () => {
      isClosed = true;
    });
    // Only what nobody holds any more answers with a reset.
    await until(() => {
      if (!isClosed) socket.write('more');
      return isClosed;
    });
  });

  it('the HTTP server answers upgrades that nobody wants with 404 and hands on the others', async () => {
    const { raw, port } = await start();
    raw.onUpgrade((incoming, socket) => {
      if (incoming.url !== '/ws') return false;
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      return true;
    });
    const upgrade = (path: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1');
        socket.once('data', (chunk) => resolve(String(chunk).split('\r\n', 1)[0] ?? ''));
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      });
    expect(await upgrade('/ws')).toBe('HTTP/1.1 101 Switching Protocols');
    expect(await upgrade('/other')).toBe('HTTP/1.1 404 Not Found');
  });

  it('the HTTP server shows metrics to its own network, not to those who come through the edge', async () => {
    const { url } = await start({ INTERNAL_METRICS: 'private' });
    expect(await statusOf(`${url}/internal/metrics`)).toBe(200);
    const forwarded = await fetch(`${url}/internal/metrics`, { headers: { 'x-forwarded-for': '1.2.3.4' } });
    expect(forwarded.status).toBe(503);
  });

  it('the HTTP server shows metrics to whoever may read them, or to nobody, as it is told', async () => {
    const { front, url } = await start();
    const ask = (at = url, token?: string) =>
      fetch(`${at}/internal/metrics`, { headers: token === undefined ? {} : { authorization: token } });
    expect((await ask()).status).toBe(503);
    front.serve(
      (_request, response) => response.end('app'),
      undefined,
      async ({ headers }) => {
        if (headers.authorization === undefined) throw fail('auth.credential_missing');
        if (headers.authorization !== 'good') throw fail('auth.grant_missing');
      },
    );
    const stranger = await ask();
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer/),
    ]);
    expect((await ask(url, 'other')).status).toBe(403);
    expect(await (await ask(url, 'good')).text()).toContain('# TYPE');

    const off = await start({ INTERNAL_METRICS: 'off' });
    off.front.serve((_request, response) => response.writeHead(404).end());
    expect((await ask(off.url, 'good')).status).toBe(404);
  });

  it('the HTTP server refuses what the page of a rebound name, or another page, makes a browser send, outside MCP', async () => {
    const { front, raw, port } = await start({ ALLOWED_HOSTS: 'mcp.example.com', INTERNAL_METRICS: 'private' });
    raw.mount((request, response) => {
      if (request.url !== '/mcp') return false;
      response.end('mcp');
      return true;
    });
    front.serve((_request, response) => response.end('app'));
    const ask = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        get({ port, path, headers, agent: false }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
      });
    for (const path of ['/things', '/ready', '/version', '/internal/metrics', '/docs']) {
      expect([path, await ask(path, { host: 'evil.example' })]).toEqual([path, 403]);
      expect([path, await ask(path, { host: 'localhost', origin: 'https://evil.example' })]).toEqual([path, 403]);
      expect([path, await ask(path, { host: 'mcp.example.com', origin: 'https://mcp.example.com' })]).not.toContain(
        403,
      );
    }
    expect(await ask('/health', { host: 'evil.example' })).toBe(200);
    expect(await ask('/mcp', { host: 'evil.example' }), 'MCP has a guard of its own').toBe(200);
  });

  it('the HTTP server keeps the metrics bounded whatever the method and path', async () => {
    const { front, url } = await start();
    front.serve((_request, response) => response.end('ok'));
    for (let count = 0; count < 20; count++) await fetch(`${url}/random/${count}`, { method: 'PURGE' });
    const text = await renderPrometheus();
    expect(text).toContain('http_requests_total{method="other",route="unknown",status="200"} 20');
    expect(text).not.toContain('random');
  });
});

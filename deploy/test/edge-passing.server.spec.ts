import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '#libs/testing';
import { type Answer, type Backend, startBackend } from './backend.js';
import { type Edge, type EdgeOptions, startEdge } from './edge.js';

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

const backend = async (answer: Answer): Promise<Backend> => {
  const started = await startBackend(answer);
  open.push(started);
  return started;
};
const edgeBefore = async (backends: readonly (Backend | string)[], more: Partial<EdgeOptions> = {}): Promise<Edge> => {
  const addresses = backends.map((one) => (typeof one === 'string' ? one : one.address));
  const edge = await startEdge({ addresses: { ingress: addresses, registry: addresses }, ...more });
  open.push(edge);
  return edge;
};
const answerOk: Answer = (request, response) => {
  request.resume().once('end', () => response.end('{}'));
};
/** Takes the request in, then dies. */
const dieWithRequest: Answer = (request) => {
  request.resume().once('end', () => request.socket.destroy());
};
const NOBODY = '127.0.0.1:9';

describe('the edge, when a replica is gone', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    'the edge gives a %s that nobody has taken to the next one',
    async (method) => {
      const alive = await backend(answerOk);
      const edge = await edgeBefore([NOBODY, alive, NOBODY]);
      for (let n = 0; n < 10; n++)
        expect((await fetch(`${edge.url}/mcp`, { method, ...(method !== 'GET' && { body: '{}' }) })).status).toBe(200);
      expect(alive.requests).toHaveLength(10);
    },
  );

  it.each(['POST', 'PATCH'])(
    'the edge never repeats a %s that was sent, and says that it may have run',
    async (method) => {
      const [one, other] = [await backend(dieWithRequest), await backend(dieWithRequest)];
      const edge = await edgeBefore([one, other]);
      const write: RequestInit = { method, body: '{}' };
      const response = await fetch(`${edge.url}/mcp`, write);
      expect(response.status).toBe(502);
      expect(response.headers.get('retry-after')).toBe('1');
      expect(await response.json()).toMatchObject({ code: 'edge.unreachable' });
      expect(one.requests.length + other.requests.length).toBe(1);
    },
  );

  it('the edge asks another one when a GET has ended without an answer', async () => {
    const [dead, alive] = [await backend(dieWithRequest), await backend(answerOk)];
    const edge = await edgeBefore([dead, alive]);
    for (let n = 0; n < 6; n++) expect((await fetch(`${edge.url}/tools`)).status).toBe(200);
    expect(dead.requests.length).toBeGreaterThan(0);
  });
});

describe('the edge, between client and service', () => {
  it('the edge passes on each event of a stream at once, uncompressed', async () => {
    let push: (text: string) => void = () => {};
    const service = await backend((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      push = (text) => void response.write(`data: ${text.padEnd(1_000, '.')}\n\n`);
      push('first');
    });
    const edge = await edgeBefore([service]);
    const response = await fetch(`${edge.url}/servers/a/mcp`, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const event of ['first', 'second', 'third']) {
      if (event !== 'first') push(event);
      expect((await reader?.read())?.value).toContain(`data: ${event}`);
    }
    await reader?.cancel();
  });

  it('the edge compresses JSON for who takes it, from 500 bytes on', async () => {
    const service = await backend((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({ text: 'x'.repeat(Number(new URL(request.url ?? '', 'http://a').searchParams.get('n'))) }),
      );
    });
    const edge = await edgeBefore([service]);
    const codingOf = async (length: number, accepts: string) =>
      (await fetch(`${edge.url}/tools?n=${length}`, { headers: { 'accept-encoding': accepts } })).headers.get(
        'content-encoding',
      );
    expect(await codingOf(5_000, 'gzip')).toBe('gzip');
    expect(await codingOf(100, 'gzip')).toBeNull();
    expect(await codingOf(5_000, 'identity')).toBeNull();
  });

  it.each(['br', 'zstd', 'gzip'] as const)(
    'the edge passes on what a service has compressed, and compresses it no second time, when that is in %s',
    async (coding) => {
      const compress = { br: brotliCompressSync, zstd: zstdCompressSync, gzip: gzipSync }[coding];
      const sent = compress(JSON.stringify({ text: 'x'.repeat(5_000) }));
      let accepted: string | undefined;
      const service = await backend((request, response) => {
        accepted = request.headers['accept-encoding'];
        request.resume();
        response.writeHead(200, {
          'content-type': 'application/json',
          'content-encoding': coding,
          'content-length': sent.length,
          vary: 'Origin, Accept-Encoding',
        });
        response.end(sent);
      });
      const edge = await edgeBefore([service]);
      for (const [method, path] of [
        ['GET', '/tools'],
        ['POST', '/mcp'],
      ] as const) {
        const raw = await new Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
          const asking = http.request(`${edge.url}${path}`, {
            method,
            headers: { 'accept-encoding': `${coding}, gzip` },
          });
          asking.on('response', (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
          });
          asking.on('error', reject).end();
        });
        expect([accepted, raw.headers['content-encoding'], raw.headers.vary]).toEqual([
          `${coding}, gzip`,
          coding,
          'Origin, Accept-Encoding',
        ]);
        expect(raw.body.equals(sent)).toBe(true);
      }
    },
  );

  it('the edge takes a body in whole before a service hears of it', async () => {
    const service = await backend(answerOk);
    const edge = await edgeBefore([service]);
    const { hostname, port } = new URL(edge.url);
    const slow = net.connect(Number(port), hostname);
    slow.write('POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345');
    await sleep(300);
    expect(service.requests).toHaveLength(0);
    slow.write('67890');
    const [answer] = (await once(slow, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200/);
    slow.destroy();
  });

  it('the edge refuses a body that is too large, in JSON', async () => {
    const edge = await edgeBefore([await backend(answerOk)]);
    const response = await fetch(`${edge.url}/mcp`, { method: 'POST', body: Buffer.alloc(9_000_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'http.body_too_large' });
  });

  it('the edge says itself who the client is, and lets nobody have the credential stripped', async () => {
    const service = await backend(answerOk);
    const edge = await edgeBefore([service]);
    const { hostname, port } = new URL(edge.url);
    const socket = net.connect(Number(port), hostname);
    socket.write(
      [
        'GET /mcp HTTP/1.1',
        'Host: mcp.example.com',
        'Authorization: Bearer ann',
        'Connection: close, authorization, x-forwarded-for',
        'X-Forwarded-For: 1.2.3.4',
        'X-Forwarded-Proto: https',
        'X-Forwarded-Host: evil.example.com',
        'Forwarded: for=1.2.3.4',
        'X-Real-IP: 1.2.3.4',
        '\r\n',
      ].join('\r\n'),
    );
    await once(socket, 'data');
    socket.destroy();
    const [{ headers } = { headers: {} }] = service.requests;
    expect(headers).toMatchObject({
      host: 'mcp.example.com',
      authorization: 'Bearer ann',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    for (const name of ['x-forwarded-host', 'forwarded', 'x-real-ip']) expect(headers).not.toHaveProperty(name);
  });

  it('the edge refuses what is beyond the limits of an address, in JSON with Retry-After', async () => {
    let held: (() => void)[] = [];
    const service = await backend((_request, response) => void held.push(() => response.end('{}')));
    const fewerAtOnce = (file: string, text: string): string =>
      file === 'routes.conf' ? text.replace('connections 3000', 'connections 5') : text;
    const fewerInTime = (file: string, text: string): string =>
      (file === 'routes.conf' ? text.replace('burst=3000', 'burst=3') : text).replace('rate=3000r/s', 'rate=1r/m');
    /** The service answers nobody before as many as expected are with it, and all others are answered by the edge. */
    const passed = async (edge: Edge, count: number, expected: number): Promise<number> => {
      let answered = 0;
      const asked = Array.from({ length: count }, async () => {
        const response = await fetch(`${edge.url}/tools`);
        answered += 1;
        return response;
      });
      await vi.waitUntil(() => held.length >= expected && answered >= count - expected);
      const passing = held.length;
      for (const answer of held) answer();
      held = [];
      for (const response of (await Promise.all(asked)).filter(({ status }) => status !== 200)) {
        expect(response.status).toBe(429);
        expect(response.headers.get('retry-after')).toBe('1');
        expect(await response.json()).toMatchObject({ code: 'edge.limited' });
      }
      return passing;
    };
    expect(await passed(await edgeBefore([service], { edit: fewerAtOnce }), 5, 5)).toBe(5);
    expect(await passed(await edgeBefore([service], { edit: fewerAtOnce }), 12, 5)).toBe(5);
    expect(await passed(await edgeBefore([service], { edit: fewerInTime }), 5, 4)).toBe(4);
  });

  it('the edge speaks TLS and HTTP/2 with the file for it, and says that it stays so', async () => {
    const folder = temporaryFolder('certificate');
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', path.join(folder, 'tls.key'), '-out', path.join(folder, 'tls.crt')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files], {
      stdio: 'ignore',
    });
    const edge = await edgeBefore([await backend(answerOk)], { tls: folder });
    const session = connectHttp2(edge.tlsUrl ?? '', { ca: fs.readFileSync(path.join(folder, 'tls.crt')) });
    const request = session.request({ ':path': '/mcp' });
    const [headers] = (await once(request, 'response')) as [Record<string, unknown>];
    expect(headers).toMatchObject({ ':status': 200, 'strict-transport-security': 'max-age=31536000' });
    session.destroy();
    fs.rmSync(folder, { recursive: true });
    expect((await fetch(`${edge.url}/mcp`)).headers.get('strict-transport-security')).toBeNull();
  });
});

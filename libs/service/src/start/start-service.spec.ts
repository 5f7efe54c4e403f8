import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, Get, HttpCode, type DynamicModule, Module, Param, Post, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, MinLength, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fail } from '#libs/errors';
import { Open } from '#libs/identity';
import { createLogger } from '#libs/telemetry';
import { freePort } from '../../../testing/src/free-port.js';
import { RawHttp } from '../http/raw-http.js';
import type { AnyServicePart } from '../service-part.js';
import { type RunningService, startService } from './start-service.js';

class Inner {
  @IsString() @MinLength(2) teamName!: string;
}
class FindQuery {
  @IsOptional() @Type(() => Number) @IsInt() limit: number = 5;
}
class Thing {
  @IsString() displayName!: string;
  @IsOptional() @IsInt() size?: number;
  @IsOptional() @ValidateNested() @Type(() => Inner) inner?: Inner;
  @IsOptional() inputSchema?: unknown;
}

/** What `things/held` waits for. */
let holding = Promise.withResolvers<void>();

@Open()
@Controller('things')
class ThingController {
  @Post()
  create(@Body() thing: Thing): Thing {
    return thing;
  }

  @Get('failing/:how')
  failing(@Param('how') how: string): never {
    if (how === 'named') throw fail('http.conflict', { message: 'taken', data: { other: 'x' } });
    if (how === 'busy') throw fail('http.overloaded');
    throw new Error('SELECT password FROM secrets at /srv/inside');
  }

  @Get()
  list(@Query() query: Record<string, string>): Record<string, string> {
    return query;
  }

  @Get('found')
  find(@Query() { limit }: FindQuery): { limit: number } {
    return { limit };
  }

  @Post('slow')
  @HttpCode(200)
  slowly(): Promise<string> {
    return this.slow();
  }

  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => setTimeout(() => resolve('done'), 300));
  }

  @Get('held')
  async held(): Promise<string> {
    await holding.promise;
    return 'done';
  }
}

@Module({ controllers: [ThingController] })
class ThingModule {
  constructor(raw: RawHttp) {
    raw.mount((request, response) => {
      if (!request.url?.startsWith('/mcp')) return false;
      if (request.url === '/mcp/throws') throw new Error('inside');
      response.end(`raw ${request.method}`);
      return true;
    }, '/mcp');
  }
}

const part: AnyServicePart = {
  name: 'registry',
  options: {},
  module: (): DynamicModule => ({ module: ThingModule }),
  needs: { cache: true },
};
const env = { PORT: '0', LOG_LEVEL: 'silent', BACKPRESSURE: '8', INTERNAL_METRICS: 'private' };
let service: RunningService;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'switchyard-'));
  service = await startService({ parts: [part], env: { ...env, SWITCHYARD_DATA_DIR: dir } });
});
afterAll(async () => {
  await service.stop();
  rmSync(dir, { recursive: true, force: true });
});

const post = (body: string, path = '/things', headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${service.url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

describe('a running service', () => {
  it('a running service answers /health, /ready and /version', async () => {
    expect(await (await fetch(`${service.url}/health`)).json()).toEqual({ status: 'healthy' });
    expect(await (await fetch(`${service.url}/ready`)).json()).toEqual({ status: 'ready' });
    expect(await (await fetch(`${service.url}/version`)).json()).toMatchObject({
      name: 'switchyard',
      version: '0.1.0',
      services: ['registry'],
    });
    expect((await fetch(`${service.url}/health`, { method: 'POST' })).status).toBe(405);
  });

  it('a running service serves REST under /v1 and without it', async () => {
    for (const prefix of ['', '/v1'])
      expect(await (await fetch(`${service.url}${prefix}/things?a=b`)).json()).toEqual({ a: 'b' });
    expect((await fetch(`${service.url}/v2/things`)).status).toBe(404);
  });

  it('a running service gives raw handlers every request before Fastify', async () => {
    expect(await (await fetch(`${service.url}/mcp`, { method: 'POST' })).text()).toBe('raw POST');
    const broken = await fetch(`${service.url}/mcp/throws`);
    expect(broken.status).toBe(500);
    expect(await broken.json()).toEqual({ detail: 'Internal error', code: 'platform.internal' });
  });

  it('a running service takes snake_case and camelCase', async () => {
    const body = { display_name: 'a', inner: { team_name: 'bb' }, input_schema: { a_b: 1 } };
    const wanted = { displayName: 'a', inner: { teamName: 'bb' }, inputSchema: { a_b: 1 } };
    expect(await (await post(JSON.stringify(body))).json()).toEqual(wanted);
    expect(await (await post(JSON.stringify(wanted))).json()).toEqual(wanted);
  });

  it.each<[string, () => Promise<Response>, string[]]>([
    [
      'a body with members that no class declares',
      () => post('{"displayName":"a","colour":1,"size_x":2}'),
      ['colour', 'sizeX'],
    ],
    ['a nested one', () => post('{"displayName":"a","inner":{"teamName":"bb","colour":1}}'), ['inner.colour']],
    [
      'a query with members that no class declares',
      () => fetch(`${service.url}/things/found?limit=1&colour=x`),
      ['colour'],
    ],
    ['a query where the route reads none', () => fetch(`${service.url}/things/slow?colour=x`), ['colour']],
    ['a query beside a body', () => post('{"displayName":"a"}', '/things?colour=x'), ['colour']],
    ['a body where the route reads none', () => post('{"colour":"x"}', '/things/slow'), ['colour']],
    ['a text where the route reads no body', () => post('"colour"', '/things/slow'), ['body']],
  ])('a running service refuses %s, and names them', async (_case, send, fields) => {
    const answer = await send();

    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      code: 'http.invalid',
      errors: fields.map((field) => ({ field, message: 'is not known here' })),
    });
  });

  it('a running service takes an empty body and an empty query when the route reads neither', async () => {
    expect(await (await post('{}', '/things/slow?')).text()).toBe('done');
    expect(await (await post('', '/things/slow')).text()).toBe('done');
  });

  it('a running service names every field that is not valid', async () => {
    const answer = await post('{"size":"x","inner":{"teamName":"b"}}');
    expect(answer.status).toBe(422);
    const body = (await answer.json()) as { detail: string; code: string; errors: { field: string }[] };
    expect(body.code).toBe('http.invalid');
    expect(body.errors.map(({ field }) => field).sort()).toEqual(['displayName', 'inner.teamName', 'size']);
  });

  const refused: [string, () => Promise<Response>, number, string][] = [
    ['a body that is not JSON', () => post('{"a":'), 422, 'http.invalid'],
    ['garbage', () => post('nonsense'), 422, 'http.invalid'],
    ['a body of 65 levels', () => post(`${'['.repeat(65)}${']'.repeat(65)}`), 422, 'http.invalid'],
    ['a body of 16,000 levels', () => post('['.repeat(16_000)), 422, 'http.invalid'],
    ['a body over 16 KiB without a token', () => post('['.repeat(500_000)), 413, 'http.body_too_large'],
    ['a poisoned prototype', () => post('{"displayName":"a","__proto__":{"admin":true}}'), 422, 'http.invalid'],
    ['a poisoned constructor', () => post('{"displayName":"a","constructor":{"prototype":{}}}'), 422, 'http.invalid'],
    [
      'a body over 1 MiB',
      () => post(JSON.stringify({ displayName: 'x'.repeat(1_048_576) })),
      413,
      'http.body_too_large',
    ],
    [
      'another media type',
      () => post('a=b', '/things', { 'content-type': 'text/xml' }),
      415,
      'http.media_type_unsupported',
    ],
    ['two spellings', () => post('{"display_name":"a","displayName":"b"}'), 422, 'http.invalid'],
    ['an unknown path', () => fetch(`${service.url}/nowhere`), 404, 'http.not_found'],
    ['a malformed path', () => fetch(`${service.url}/things/%zz`), 400, 'http.malformed'],
    ['an endless query', () => fetch(`${service.url}/things?${'a=1&'.repeat(101)}`), 422, 'http.invalid'],
    ['a failure with a name', () => fetch(`${service.url}/things/failing/named`), 409, 'http.conflict'],
    ['a failure without one', () => fetch(`${service.url}/things/failing/x`), 500, 'platform.internal'],
    ['too much at once', () => fetch(`${service.url}/things/failing/busy`), 503, 'http.overloaded'],
  ];
  it.each(refused)('a running service refuses %s', async (_name, ask, status, code) => {
    const answer = await ask();
    const text = await answer.text();
    expect([answer.status, JSON.parse(text)]).toEqual([
      status,
      expect.objectContaining({ code, detail: expect.any(String) }),
    ]);
    expect(text).not.toMatch(/SELECT|\/srv|node_modules|FST_/);
    expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
  });

  it('a running service carries the correlation id and security headers', async () => {
    const answer = await fetch(`${service.url}/things`, { headers: { 'x-correlation-id': 'abc-1' } });
    expect(answer.headers.get('x-correlation-id')).toBe('abc-1');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const other = await fetch(`${service.url}/things`, { headers: { 'x-correlation-id': 'a b<script>' } });
    expect(other.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('a running service shows its API when /docs is asked for', async () => {
    expect((await fetch(`${service.url}/docs`)).status).toBe(200);
    const document = (await (await fetch(`${service.url}/docs-json`)).json()) as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths)).toContain('/v1/things');
  });

  it('a running service shows its API to nobody when API_DOCS_ENABLED is false', async () => {
    const data = mkdtempSync(join(tmpdir(), 'switchyard-'));
    const closed = await startService({
      parts: [part],
      env: { ...env, SWITCHYARD_DATA_DIR: data, API_DOCS_ENABLED: 'false' },
    });
    try {
      for (const path of ['/docs', '/docs-json', '/docs-yaml'])
        expect([path, (await fetch(`${closed.url}${path}`)).status]).toEqual([path, 404]);
    } finally {
      await closed.stop();
      rmSync(data, { recursive: true, force: true });
    }
  });

  it('a running service shows its own metrics, by route template', async () => {
    const text = await (await fetch(`${service.url}/internal/metrics`)).text();
    expect(text).toMatch(/http_requests_total\{method="GET",route="\/things\/failing\/:how",status="409"\} \d/);
    expect(text).toMatch(/http_requests_total\{method="POST",route="\/mcp",status="200"\} \d/);
    expect(text).not.toContain('nowhere');
    expect(text).toMatch(/^switchyard_build_info\{version="\d[^"]*",services="[a-z-]+",node="v\d[^"]*"\} 1$/m);
    expect(text).toMatch(/^http_requests_in_flight 0$/m);
    expect(text).toMatch(/^http_requests_in_flight_max 8$/m);
    const other = await (await fetch(`${service.url}/metrics/prometheus`)).text();
    expect(other).toContain('switchyard_build_info');
  });

  it('a running service refuses what is more than it can serve, at once, and recovers at once', async () => {
    holding = Promise.withResolvers<void>();
    const shed: Response[] = [];
    const asked = Array.from({ length: 30 }, async () => {
      const answer = await fetch(`${service.url}/things/held`);
      if (answer.status === 503) shed.push(answer);
      return answer;
    });
    await vi.waitFor(() => expect(shed).toHaveLength(22));
    holding.resolve();
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(8);
    expect(shed).toHaveLength(22);
    expect(shed[0]?.headers.get('retry-after')).toBe('1');
    expect((await fetch(`${service.url}/things`)).status).toBe(200);
  });
});

describe('starting and stopping', () => {
  it('a service finishes what is in hand, refuses what comes after, and closes', async () => {
    const other = await startService({ parts: [part], env: { ...env, SWITCHYARD_DATA_DIR: dir } });
    const slow = fetch(`${other.url}/things/slow`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const stopping = other.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(fetch(`${other.url}/health`)).rejects.toThrow('fetch failed');
    expect(await (await slow).text()).toBe('done');
    expect(await stopping).toBe(true);
  });

  it('a service is alive but not ready while it waits for what it needs, and leaves when told to', async () => {
    const port = await freePort();
    const stopping = new AbortController();
    const starting = startService({
      parts: [part],
      env: { ...env, PORT: String(port), NATS_URL: 'nats://127.0.0.1:9', NATS_RETRY_INTERVAL_MS: '50' },
      signal: stopping.signal,
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    starting.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    const ready = await fetch(`http://127.0.0.1:${port}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'not ready', reasons: { process: 'starting' } },
    ]);
    expect((await fetch(`http://127.0.0.1:${port}/things`)).status).toBe(503);
    stopping.abort(new Error('stopped'));
    await expect(starting).rejects.toThrow(/aborted|stopped/);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed');
  });

  it('a service gives up with a reason when what it needs never comes', async () => {
    const starting = startService({
      parts: [part],
      env: {
        ...env,
        REDIS_URL: 'redis://:hunter2hunter@127.0.0.1:9',
        REDIS_MAX_RETRIES: '2',
        REDIS_RETRY_INTERVAL_MS: '10',
      },
    });
    const message = await starting.catch((error: Error) => error.message);
    expect(message).toMatch(/^Redis could not be reached in 2 attempts: /);
    expect(message).not.toContain('hunter2');
  });

  it('a service says which port is taken', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    await expect(startService({ parts: [part], env: { ...env, PORT: String(port) } })).rejects.toThrow(
      `cannot listen on port ${port} of 127.0.0.1: it is taken`,
    );
    blocker.close();
  });
});

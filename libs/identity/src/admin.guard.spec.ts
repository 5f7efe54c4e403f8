import { connect } from 'node:net';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUS, LocalBus } from '#libs/bus';
import { parseConfig } from '#libs/config';
import { AdmitCaller, type Principal } from '#libs/contracts';
import { GatewayError, fail } from '#libs/errors';
import { LOGGER, createLogger } from '#libs/telemetry';
import { identityOptions } from './identity.config.js';
import { IdentityModule } from './identity.module.js';
import { Authenticated, AuthenticatedByAny, Caller, Open, Requires } from './requires.decorator.js';

/** Whoever is admitted slowly may leave meanwhile. */
const slowly = {
  begun: 0,
  waiting: [] as (() => void)[],
  wait: () => {
    slowly.begun++;
    return new Promise<void>((resolve) => slowly.waiting.push(resolve));
  },
};
const slow = { begun: 0, waiting: [] as (() => void)[] };

@Controller()
class Routes {
  @Requires('tools.read', 'tools.execute')
  @Get('guarded')
  guarded(@Caller() caller: Principal) {
    return { caller: caller.id };
  }

  @Get('forgotten')
  forgotten() {
    return 'open';
  }

  @Open()
  @Get('open')
  open() {
    return { open: true };
  }

  @Authenticated()
  @Get('slow')
  async slow() {
    slow.begun++;
    await new Promise<void>((resolve) => slow.waiting.push(resolve));
    return {};
  }

  @AuthenticatedByAny()
  @Get('ending')
  ending(@Caller() caller: Principal) {
    return { caller: caller.id };
  }

  @Authenticated()
  @Get('anyone')
  anyone(@Caller() caller: Principal) {
    return { caller: caller.id };
  }
}

const CALLERS: Record<string, Partial<Principal>> = {
  reader: { permissions: ['tools.read'] },
  worker: { permissions: ['tools.*'] },
  root: { permissions: ['*'], isAdmin: true, teams: null },
  leaver: { permissions: ['*'] },
  tied: { permissions: ['*'], serverId: 's1' },
};

let application: INestApplication;
let url: string;

const get = (path: string, token?: string) =>
  fetch(`${url}${path}`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

beforeAll(async () => {
  const broker = new LocalBus();
  broker.join('auth').answer(AdmitCaller, async ({ credential }) => {
    if (credential === 'leaver' && slowly.begun < 3) await slowly.wait();
    const facts = CALLERS[credential ?? ''];
    if (facts === undefined) throw fail('auth.credential_invalid');
    const principal: Principal = {
      id: credential ?? '',
      kind: 'user',
      isAdmin: false,
      teams: [],
      permissions: [],
      serverId: null,
      tokenId: null,
      ...facts,
    };
    return { principal, expiresAtMs: Date.now() + 60_000 };
  });
  const platform = [
    { provide: BUS, useValue: broker.join('registry') },
    { provide: LOGGER, useValue: createLogger({ service: 'test', level: 'silent' }) },
  ];
  class Platform {}
  const identity = IdentityModule.with({
    ...parseConfig(identityOptions, { AUTH_REQUIRED: 'false', CALLER_CONCURRENT_LIMIT: '2' }),
    BACKPRESSURE: 100,
  });
  class Root {}
  const app = await NestFactory.create<NestFastifyApplication>(
    {
      module: Root,
      imports: [
        { module: Platform, global: true, providers: platform, exports: platform.map(({ provide }) => provide) },
        identity,
      ],
      controllers: [Routes],
    },
    new FastifyAdapter(),
    { logger: false },
  );
  app.useGlobalFilters({
    catch: (error: GatewayError, host) =>
      void host
        .switchToHttp()
        .getResponse()
        .status(error.httpStatus ?? 500)
        .send({ code: error.code }),
  });
  await app.listen(0, '127.0.0.1');
  application = app;
  url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
});

afterAll(() => application.close());

describe('the guard of management routes', () => {
  it('AdminGuard refuses a route whose author forgot to say who may use it', async () => {
    expect((await get('/forgotten', 'root')).status).toBe(403);
    expect((await get('/forgotten')).status).toBe(401);
  });

  it('AdminGuard lets everybody use an open route', async () => {
    expect((await get('/open')).status).toBe(200);
  });

  it('AdminGuard asks for every permission the route names', async () => {
    const refused = await get('/guarded', 'reader');

    expect(refused.status).toBe(403);
    // No sign-in gives a role.
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect(await (await get('/guarded', 'worker')).json()).toEqual({ caller: 'worker' });
    expect((await get('/guarded', 'root')).status).toBe(200);
  });

  it('AdminGuard asks for a token even where MCP clients need none', async () => {
    const refused = await get('/guarded');

    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer scope="tools.read tools.execute"');
  });

  it('AdminGuard refuses a bad token', async () => {
    const refused = await get('/anyone', 'forged');

    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('AdminGuard refuses administration to a token that is tied to one virtual server', async () => {
    expect((await get('/guarded', 'tied')).status).toBe(403);
    expect((await get('/anyone', 'tied')).status).toBe(403);
  });

  it('AdminGuard lets a token that is tied to one virtual server use a route for every token', async () => {
    expect(await (await get('/ending', 'tied')).json()).toEqual({ caller: 'tied' });
    expect((await get('/ending', 'forged')).status).toBe(401);
    expect((await get('/ending')).status).toBe(401);
  });

  it('AdminGuard lets any good token use a route that asks for no more', async () => {
    expect(await (await get('/anyone', 'reader')).json()).toEqual({ caller: 'reader' });
  });

  it('AdminGuard refuses what is more than the share of a caller, and nobody else, until an answer has left', async () => {
    const taken = [get('/slow', 'reader'), get('/slow', 'reader')];
    while (slow.begun < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = await get('/anyone', 'reader');
    expect([refused.status, await refused.json()]).toEqual([429, { code: 'http.rate_limited' }]);
    expect((await get('/anyone', 'worker')).status).toBe(200);
    for (const answer of slow.waiting) answer();
    await Promise.all(taken);
    while ((await get('/anyone', 'reader')).status !== 200) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('a management route gives the shares back when its caller has left before they were known', async () => {
    const { hostname, port } = new URL(url);
    const sockets = [1, 2, 3].map(() => connect(Number(port), hostname));
    for (const socket of sockets)
      socket.write('GET /anyone HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer leaver\r\n\r\n');
    while (slowly.begun < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    slowly.begun = 3;
    for (const admit of slowly.waiting) admit();
    const again = async () => {
      const answer = await get('/anyone', 'leaver');
      await answer.text();
      return answer.status;
    };
    await expect.poll(again).toBe(200);
  });
});

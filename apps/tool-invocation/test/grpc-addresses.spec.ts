import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ResolveGrpcApi } from '#contracts/registry/resolve-grpc-api.request';
import type { UpstreamAddress } from '#contracts/registry/resolve-upstream.request';
import { ReflectGrpc } from '#contracts/tool-invocation/reflect-grpc.request';
import { WithBody } from '#libs/bus';
import { filesInSet, readDescriptors, storedDescriptors } from '#libs/grpc';
import { freePort, type GrpcDouble, shopDescriptorSet, startGrpcDouble } from '#libs/testing';
import { givenInvocation, type Invocation } from './invocation.js';
import { startLoad } from './load.js';

const DESCRIPTORS = Buffer.from(storedDescriptors(readDescriptors(filesInSet(shopDescriptorSet())))).toString('base64');
const METHODS = ['GetItem', 'EchoItem', 'ListItems', 'Fail'];

let invocation: Invocation;
const open: GrpcDouble[] = [];

beforeAll(async () => {
  invocation = await givenInvocation({ HTTPX_CONNECT_TIMEOUT: '30' });
  const paths = Object.fromEntries(METHODS.map((name) => [name, `/shop.v1.Shop/${name}`]));
  invocation.bus.answer(ResolveGrpcApi, async () => new WithBody({ paths, protoFieldNames: false }, DESCRIPTORS));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((double) => double.stop()));
});
afterAll(() => invocation.close());

const startShop = async (port = 0): Promise<GrpcDouble> => {
  const double = await startGrpcDouble({ port });
  open.push(double);
  return double;
};
const nowhere = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;
const further = (url: string, more: Partial<UpstreamAddress> = {}): UpstreamAddress => ({
  url,
  priority: 1,
  weight: 100,
  ...more,
});
const given = (url: string, ...addresses: UpstreamAddress[]) =>
  invocation.profile({ transport: 'GRPC', url, addresses, sourceVersion: '1' });
const calledAt = ({ received }: GrpcDouble): string[] => received.map(({ method }) => method);
const resultOf = ({ body }: { body: string | undefined }) => JSON.parse(body ?? '');

/** A server that ends every call with a status, and answers its health as it is told. */
const startRaw = async (status: number, health?: 'SERVING' | 'NOT_SERVING') => {
  const server = new Server();
  const asked: string[] = [];
  const plain = (bytes: Buffer): Buffer => bytes;
  const path = '/grpc.health.v1.Health/Check';
  if (health !== undefined)
    server.addService(
      {
        Check: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: plain,
          requestDeserialize: plain,
          responseSerialize: plain,
          responseDeserialize: plain,
        },
      },
      {
        Check: (call: { metadata: { getMap(): object } }, done: (error: null, answer: Buffer) => void) => {
          asked.push(JSON.stringify(call.metadata.getMap()));
          done(null, Buffer.from([8, health === 'SERVING' ? 1 : 2]));
        },
      },
    );
  const ending = (name: string) => ({
    path: `/shop.v1.Shop/${name}`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: plain,
    requestDeserialize: plain,
    responseSerialize: plain,
    responseDeserialize: plain,
  });
  const fail = (_call: unknown, done: (error: object) => void): void => {
    asked.push('call');
    done({ code: status, details: 'as told' });
  };
  server.addService({ GetItem: ending('GetItem'), EchoItem: ending('EchoItem') }, { GetItem: fail, EchoItem: fail });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => server.forceShutdown();
  open.push({ url, received: [], stop });
  return { url, asked };
};

describe('a gRPC server with several addresses', () => {
  it('a call goes to the next address when nobody listens at the first', async () => {
    const second = await startShop();
    const profile = given(await nowhere(), further(second.url));
    for (let calls = 0; calls < 3; calls++)
      expect(resultOf(await invocation.call(profile, 'EchoItem', { name: 'a' }))).toMatchObject({ isError: false });
    expect(calledAt(second)).toEqual(['EchoItem', 'EchoItem', 'EchoItem']);
  });

  it('addresses of the same priority take turns by weight', async () => {
    const [first, second] = [await startShop(), await startShop()];
    const profile = given(first.url, further(second.url, { priority: 0, weight: 300 }));
    for (let calls = 0; calls < 8; calls++) await invocation.call(profile, 'EchoItem', {});
    expect([calledAt(first).length, calledAt(second).length]).toEqual([2, 6]);
  });

  it('a call that says it may be repeated goes on when the first answers UNAVAILABLE, and no other does', async () => {
    const [first, second] = [await startRaw(14), await startShop()];
    const profile = given(first.url, further(second.url));
    expect(resultOf(await invocation.call(profile, 'EchoItem', {}))).toMatchObject({ isError: true });
    expect(calledAt(second)).toEqual([]);
    expect(resultOf(await invocation.call(profile, 'GetItem', {}))).toMatchObject({ isError: false });
    // It failed twice: it is left alone.
    expect(resultOf(await invocation.call(profile, 'EchoItem', {}))).toMatchObject({ isError: false });
    expect(first.asked).toHaveLength(2);
  });

  it('a call is answered with what came of it when no other address could take it over', async () => {
    const first = await startRaw(14);
    const profile = given(first.url, further(await nowhere()));
    const { isError, content } = resultOf(await invocation.call(profile, 'GetItem', {}));
    expect([isError, content[0].text]).toEqual([true, 'UNAVAILABLE: as told']);
  });

  it('a call keeps its address when another status comes', async () => {
    const [first, second] = [await startRaw(9), await startShop()];
    const profile = given(first.url, further(second.url));
    for (let calls = 0; calls < 3; calls++) await invocation.call(profile, 'GetItem', {});
    expect(calledAt(second)).toEqual([]);
  });

  it('a stream is not begun anew when its address goes away', async () => {
    const [first, second] = [await startShop(), await startShop()];
    const profile = given(first.url, further(second.url));
    const streaming = invocation.call(profile, 'ListItems', { name: '0' });
    await expect.poll(() => calledAt(first)).toEqual(['ListItems']);
    await first.stop();
    const ended = await streaming.then(resultOf, (error: { executed: string }) => error.executed);
    expect(ended === 'unknown' || ended.isError).toBe(true);
    expect(calledAt(second)).toEqual([]);
  });

  it('a look asks the health service without a credential, and leaves alone what does not serve', async () => {
    const [first, second] = [await startRaw(0, 'NOT_SERVING'), await startRaw(0, 'SERVING')];
    const profile = given(first.url, further(second.url));
    invocation.credentials.set(profile.id, { headers: { authorization: 'Bearer tok' } });
    await invocation.look(profile.id);
    expect(await invocation.look(profile.id)).toBe('ejected active');
    expect(first.asked.join()).not.toContain('tok');
  });

  it('a server without a health service is there', async () => {
    const [first, second] = [await startShop(), await startShop()];
    expect(await invocation.look(given(first.url, further(second.url)).id)).toBe('active active');
  });

  it('a server is read at its next address when nobody listens at the first', async () => {
    const second = await startShop();
    const profile = given(await nowhere(), further(second.url));
    const { head } = await invocation.bus.ask(ReflectGrpc, { profile, services: [] });
    expect(head.services).toContain('shop.v1.Shop');
  });

  it('only calls that had been sent fail when one of two addresses is killed under load, and it is back when it answers', async () => {
    const [first, second] = [await startShop(), await startShop()];
    const profile = given(first.url, further(second.url));
    const load = startLoad(async () => String(resultOf(await invocation.call(profile, 'EchoItem', {})).isError));
    const { answers, failures } = load;
    try {
      await expect.poll(() => calledAt(first).length).toBeGreaterThan(50);
      await first.stop();
      const sinceKill = answers.length;
      await expect.poll(() => answers.length).toBeGreaterThan(sinceKill + 200);
      await invocation.look(profile.id);
      expect(await invocation.look(profile.id)).toBe('ejected active');
      const returned = await startShop(Number(new URL(first.url).port));
      await invocation.look(profile.id);
      expect(await invocation.look(profile.id)).toBe('active active');
      await expect.poll(() => calledAt(returned).length).toBeGreaterThan(0);
    } finally {
      await load.end();
    }
    expect(failures.filter(({ executed }) => executed !== 'unknown')).toEqual([]);
    expect(failures.length).toBeLessThanOrEqual(16);
    expect(answers.filter((isError) => isError !== 'false')).toEqual([]);
  });
});

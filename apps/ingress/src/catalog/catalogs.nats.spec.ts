import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectNats } from '#libs/bus';
import { type Catalog, DescribeServer } from '#libs/contracts';
import { createLogger } from '#libs/telemetry';
import { reachNatsServer, spawnSource } from '#libs/testing';
import { Catalogs } from './catalogs.js';
import { Listings } from './listings.js';

const logger = createLogger({ service: 'test', level: 'silent' });
const REPLICA = new URL('../../../../libs/testing/src/dying-responder.ts', import.meta.url);
const catalog = {
  server: {},
  revision: 7,
  upstreams: [],
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
};

let nats: Awaited<ReturnType<typeof reachNatsServer>>;
beforeAll(async () => {
  nats = await reachNatsServer();
});
afterAll(() => nats?.stop());

describe('a replica of the registry that dies with the question', () => {
  it('a catalog is loaded before the deadline when a replica of the registry dies with the request', async () => {
    const bus = await connectNats({ servers: nats.url, name: 'ingress', logger });
    const catalogs = new Catalogs(
      bus,
      { size: 10, bytesMax: 10_000, ttlMsMax: 0, about: '{}' },
      new Listings(bus, logger),
      logger,
    );
    const survivor = await connectNats({ servers: nats.url, name: 'registry', logger });
    const dying = spawnSource(REPLICA, [nats.url, 'registry']);
    await once(dying, 'message');
    const asking = catalogs.of(null);
    await once(dying, 'exit');
    survivor.answer(DescribeServer, async () => catalog as unknown as Catalog);
    await survivor.flush();

    expect((await asking).catalog.revision).toBe(7);
    catalogs.close();
    await Promise.all([bus, survivor].map((one) => one.drain()));
  });
});

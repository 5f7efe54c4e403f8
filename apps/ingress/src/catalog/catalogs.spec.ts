import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bus, LocalBus } from '#libs/bus';
import { type Catalog, CatalogChanged, DescribeServer } from '#libs/contracts';
import { fail } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { Catalogs } from './catalogs.js';
import { Listings } from './listings.js';

const shape = { size: 10, bytesMax: 10_000, ttlMsMax: 0, about: '{}' };
const server = { id: null, name: 'all', description: null, visibility: 'public', teamId: null, ownerEmail: null };

let broker: LocalBus;
let registry: Bus;
let catalogs: Catalogs;
let revision: number;
let asked: number;
let held: Promise<void> | null;

beforeEach(() => {
  [revision, asked, held] = [1, 0, null];
  broker = new LocalBus();
  registry = broker.join('registry');
  registry.answer(DescribeServer, async ({ serverId }) => {
    asked++;
    const seen = revision;
    await held;
    if (serverId === 'gone') throw fail('registry.server_unknown');
    return {
      server,
      revision: seen,
      upstreams: [],
      tools: [],
      prompts: [],
      resources: [],
      resourceTemplates: [],
    } as unknown as Catalog;
  });
  const bus = broker.join('ingress');
  const logger = createLogger({ service: 'ingress', level: 'silent' });
  catalogs = new Catalogs(bus, shape, new Listings(bus, logger), logger);
});
afterEach(() => catalogs.close());

const change = async (serverIds: string[] = [], upstreamIds: string[] = []): Promise<void> => {
  revision++;
  registry.publish(CatalogChanged, { revision, lists: ['tools'], serverIds, upstreamIds });
  await registry.flush();
};
const revisionOf = async (serverId: string | null): Promise<number> => (await catalogs.of(serverId)).catalog.revision;

describe('the read model', () => {
  it('the read model loads a catalog once for all who wait, then answers at once', async () => {
    await Promise.all([revisionOf(null), revisionOf(null), revisionOf(null)]);
    expect(asked).toBe(1);
    expect(catalogs.of(null)).not.toBeInstanceOf(Promise);
  });

  it('the read model is never older than a change that has been heard', async () => {
    await revisionOf(null);
    await change();
    expect(await revisionOf(null)).toBe(2);
    expect(await revisionOf(null)).toBe(2);
    expect(asked).toBe(2);
  });

  it('the read model loads a catalog again when a change came meanwhile', async () => {
    let release: () => void = () => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    const first = revisionOf(null);
    await registry.flush();
    await registry.flush();
    await change();
    release();
    expect(await first).toBe(1);
    expect(await revisionOf(null)).toBe(2);
  });

  it('the read model gives whoever asks after a change what was asked for after it, while an older answer is under way', async () => {
    let release: () => void = () => {};
    held = new Promise((resolve) => {
      release = resolve;
    });
    const first = revisionOf(null);
    await registry.flush();
    await registry.flush();
    await change();
    const second = revisionOf(null);
    const third = revisionOf(null);
    release();
    expect([await first, await second, await third]).toEqual([1, 2, 2]);
    expect(asked).toBe(2);
  });

  it('the read model keeps other catalogs when one server changes', async () => {
    await Promise.all([revisionOf('a'), revisionOf('b'), revisionOf(null)]);
    await change(['a']);
    expect([await revisionOf('a'), await revisionOf('b'), await revisionOf(null)]).toEqual([2, 1, 2]);
    await change([], ['some upstream']);
    expect([await revisionOf('a'), await revisionOf('b')]).toEqual([3, 3]);
  });

  it('the read model serves the last good catalog when the registry is away, without asking every time', async () => {
    await revisionOf(null);
    await registry.drain();
    broker.join('registry').publish(CatalogChanged, { revision: 2, lists: [], serverIds: [], upstreamIds: [] });
    await broker.join('registry').flush();
    expect([await revisionOf(null), await revisionOf(null)]).toEqual([1, 1]);
    expect(catalogs.of(null)).not.toBeInstanceOf(Promise);
    await expect(catalogs.of('never seen')).rejects.toMatchObject({ code: 'registry.unavailable' });
  });

  it('the read model remembers for a moment that a server is not there, until something changes', async () => {
    await expect(catalogs.of('gone')).rejects.toMatchObject({ code: 'registry.server_unknown' });
    expect(() => catalogs.of('gone')).toThrow(expect.objectContaining({ code: 'registry.server_unknown' }));
    expect(asked).toBe(1);
    await change();
    await expect(catalogs.of('gone')).rejects.toMatchObject({ code: 'registry.server_unknown' });
    expect(asked).toBe(2);
  });

  it('the read model reloads for an unknown name at most once in a while', async () => {
    await revisionOf(null);
    await catalogs.revalidate(null);
    await catalogs.revalidate(null);
    expect(asked).toBe(1);
  });
});

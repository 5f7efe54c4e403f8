import { describe, expect, it } from 'vitest';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { Snapshot, type StoredCatalog } from './snapshot.js';

const gateway = { id: 'g', ordinal: 1, enabled: true } as GatewayEntity;
const entry = (ordinal: number, more: Partial<StoredCatalog['entries'][number]> = {}) => ({
  id: `e${ordinal}`,
  kind: 'tool' as const,
  gatewayId: 'g',
  originalName: `t${ordinal}`,
  exposedName: `t${ordinal}`,
  definition: '{}',
  era: null,
  legacyDefinition: null,
  headerParams: [],
  descriptionOverride: null,
  taskAfterMs: null,
  heldChange: null,
  ordinal,
  isShown: true,
  ...more,
});
const changed = (revision: number, entryIds: string[], gatewayIds: string[] = []) => ({
  revision,
  entryIds,
  gatewayIds,
  serverIds: [],
});

describe('a snapshot of the catalog', () => {
  it('a snapshot keeps the last changes alone when there are very many', () => {
    const snapshot = new Snapshot({ revision: 1, gateways: [gateway], entries: [entry(1)] });
    for (let revision = 2; revision <= 5_000; revision++) {
      snapshot.apply([changed(revision, ['e1'])], { revision, gateways: [], entries: [entry(1)] });
    }
    expect(snapshot.changesHeld).toBe(1_000);
    expect(snapshot.changesSince(4_999)?.entryIds).toEqual(new Set(['e1']));
    expect(snapshot.changesSince(4_000)).not.toBeNull();
    expect(snapshot.changesSince(3_999)).toBeNull();
    expect(snapshot.changesSince(5_001)).toBeNull();
  });

  it('a snapshot keeps fewer changes when each names very many entries', () => {
    const snapshot = new Snapshot({ revision: 1, gateways: [gateway], entries: [] });
    const ids = Array.from({ length: 20_000 }, (_, index) => `e${index}`);
    for (let revision = 2; revision <= 10; revision++)
      snapshot.apply([changed(revision, ids)], { revision, gateways: [], entries: [] });
    expect(snapshot.changesHeld).toBe(2);
  });

  it('a change is wide when it may show other entries otherwise', () => {
    const app = '{"_meta":{"ui":{"resourceUri":"ui://x"}}}';
    const entries = [entry(1), entry(2, { definition: app }), entry(3, { kind: 'resource', exposedName: null })];
    const snapshot = new Snapshot({ revision: 1, gateways: [gateway], entries });
    const wideAfter = (
      entryIds: string[],
      gatewayIds: string[],
      now: StoredCatalog['entries'],
    ): boolean | undefined => {
      const revision = snapshot.revision + 1;
      const gateways = gatewayIds.length > 0 ? [gateway] : [];
      snapshot.apply([changed(revision, entryIds, gatewayIds)], { revision, gateways, entries: now });
      return snapshot.changesSince(revision - 1)?.isWide;
    };
    expect(wideAfter(['e1'], [], [])).toBe(false);
    expect(wideAfter(['e1'], [], [entry(1)])).toBe(false);
    expect(wideAfter(['e2'], [], [])).toBe(true);
    expect(wideAfter(['e3'], [], [])).toBe(true);
    expect(wideAfter(['never seen'], [], [])).toBe(true);
    expect(wideAfter([], ['g'], entries)).toBe(true);
    expect(wideAfter([], [], [])).toBe(false);
  });

  it('entries of a gateway are gone when it is switched off, and an entry waits when its gateway is not known yet', () => {
    const snapshot = new Snapshot({ revision: 1, gateways: [gateway], entries: [entry(1)] });
    const off = { id: 'g', ordinal: 1, enabled: false } as GatewayEntity;
    snapshot.apply([changed(2, [], ['g'])], { revision: 2, gateways: [off], entries: [entry(1, { isShown: false })] });
    expect([...snapshot.entries()]).toEqual([]);
    snapshot.apply([changed(3, ['e1'])], { revision: 3, gateways: [], entries: [entry(1)] });
    expect([...snapshot.entries()]).toEqual([]);
    snapshot.apply([changed(4, [], ['g'])], { revision: 4, gateways: [gateway], entries: [entry(1)] });
    expect([...snapshot.idsOf('g')]).toEqual(['e1']);
  });
});

import { describe, expect, it, vi } from 'vitest';
import type { AuditCollection, AuditEvent } from '#contracts/audit-event';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import { LocalBus } from '#libs/bus';
import { fail } from '#libs/errors';
import type { PendingEvents } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import type { MetricsSettings } from '../metrics.settings.js';
import { AuditCollector } from './audit-collector.service.js';
import type { AuditTrailRepository } from './audit-trail.repository.js';

const event = (id: string, resourceType = 'team'): AuditEvent => ({
  id,
  at: '2026-07-28T10:00:00.000Z',
  action: `${resourceType}.created`,
  resourceType,
  resourceId: null,
  resourceName: null,
  actor: null,
  before: null,
  after: null,
});

const given = (audit = { keepsChanges: true, keepsSecurityEvents: true }) => {
  const broker = new LocalBus();
  const waiting = new Map([
    ['auth', [] as AuditEvent[]],
    ['registry', []],
  ]);
  const answer =
    (of: string) =>
    async ({ taken }: AuditCollection) => {
      const left = (waiting.get(of) ?? []).filter(({ id }) => !taken.includes(id));
      waiting.set(of, left);
      return { events: left.slice(0, 2) };
    };
  broker.join('auth').answer(CollectAuthAudit, answer('auth'));
  const appended: string[] = [];
  const append = vi.fn(async (source: string, events: readonly AuditEvent[]) => {
    appended.push(...events.map(({ id }) => `${source} ${id}`));
  });
  const collector = new AuditCollector(
    { append } as unknown as AuditTrailRepository,
    { collect: async () => ({ events: [] }) } as unknown as PendingEvents,
    broker.join('metrics'),
    { audit } as unknown as MetricsSettings,
    createLogger({ service: 'test', level: 'silent' }),
  );
  const joinRegistry = () => broker.join('registry').answer(CollectRegistryAudit, answer('registry'));
  return { collector, waiting, appended, append, joinRegistry };
};

describe('AuditCollector', () => {
  it('AuditCollector takes all that waits, in its order, when there is more than one collection holds', async () => {
    const { collector, waiting, appended, joinRegistry } = given();
    joinRegistry();
    waiting.set(
      'auth',
      ['a', 'b', 'c', 'd', 'e'].map((id) => event(id)),
    );
    waiting.set('registry', [event('r')]);
    expect(await collector.collect()).toEqual([]);
    expect(appended.filter((line) => line.startsWith('auth'))).toEqual(
      ['a', 'b', 'c', 'd', 'e'].map((id) => `auth ${id}`),
    );
    expect(appended).toContain('registry r');
    expect([...waiting.values()].flat()).toEqual([]);
  });

  it('AuditCollector says which service it could not ask when that is away, and takes from it when it is back', async () => {
    const { collector, waiting, appended, joinRegistry } = given();
    waiting.set('registry', [event('r')]);
    waiting.set('auth', [event('a')]);
    expect(await collector.collect()).toEqual(['registry']);
    expect(appended).toEqual(['auth a']);
    joinRegistry();
    expect(await collector.collect()).toEqual([]);
    expect(appended).toEqual(['auth a', 'registry r']);
  });

  it('AuditCollector leaves events where they are when the trail cannot be written', async () => {
    const { collector, waiting, append, joinRegistry } = given();
    joinRegistry();
    append.mockRejectedValueOnce(fail('platform.not_ready'));
    waiting.set('auth', [event('a')]);
    expect(await collector.collect()).toEqual(['auth']);
    expect(waiting.get('auth')).toHaveLength(1);
    expect(await collector.collect()).toEqual([]);
    expect(waiting.get('auth')).toEqual([]);
  });

  it('AuditCollector takes what was committed before it was asked when a collection is under way already', async () => {
    const { collector, waiting, appended, joinRegistry } = given();
    joinRegistry();
    const first = collector.collect();
    waiting.set('auth', [event('late')]);
    await Promise.all([first, collector.collect(), collector.collect()]);
    expect(appended).toEqual(['auth late']);
  });

  it.each([
    ['changes', { keepsChanges: false, keepsSecurityEvents: true }, ['auth log-in']],
    ['log-ins', { keepsChanges: true, keepsSecurityEvents: false }, ['auth change']],
  ])(
    'AuditCollector keeps no %s, and nothing of them waits, when they are switched off',
    async (_what, audit, kept) => {
      const { collector, waiting, appended, joinRegistry } = given(audit);
      joinRegistry();
      waiting.set('auth', [event('change'), event('log-in', 'login')]);
      await collector.collect();
      expect(appended).toEqual(kept);
      expect(waiting.get('auth')).toEqual([]);
    },
  );
});

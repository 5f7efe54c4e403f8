import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { CollectAuthAudit } from '#contracts/auth/collect-audit.request';
import { CollectRegistryAudit } from '#contracts/registry/collect-audit.request';
import type { AuditPageView } from '../src/audit/audit.view.js';
import type { CallsView } from '../src/call-log/call.view.js';
import { aCall } from './call-records.js';
import { type MetricsService, startMetrics } from './metrics-service.js';

let metrics: MetricsService;
afterEach(() => metrics?.stop());

const EVENTS = ['login.refused', 'gateway.changed'].map((action) => ({
  id: randomUUID(),
  at: new Date().toISOString(),
  action,
  resourceType: action.split('.')[0] ?? '',
  resourceId: 'r1',
  resourceName: null,
  actor: null,
  before: null,
  after: null,
}));

/** A service to which something happened before anybody asked it. */
const given = async (env: Record<string, string>): Promise<MetricsService> => {
  metrics = await startMetrics(env);
  let events = EVENTS;
  metrics.bus.answer(CollectAuthAudit, async ({ taken }) => {
    events = events.filter(({ id }) => !taken.includes(id));
    return { events };
  });
  metrics.bus.answer(CollectRegistryAudit, async () => ({ events: [] }));
  return metrics;
};

// Each starts a service of its own.
describe('the switches of what is kept', () => {
  it.each([
    ['AUDIT_TRAIL_ENABLED', ['login.refused']],
    ['SECURITY_LOGGING_ENABLED', ['gateway.changed']],
    ['nothing', ['gateway.changed', 'login.refused']],
  ])('the audit trail has what it is to have when %s is off', async (name, kept) => {
    await given(name === 'nothing' ? {} : { [name]: 'false' });
    const { records } = (await (await metrics.get('/audit')).json()) as AuditPageView;
    expect(records.map(({ action }) => action).toSorted()).toEqual(kept);
  });

  it.each([
    ['true', 'jti-1', 1],
    ['false', null, 0],
  ])('records of calls name the token when TOKEN_USAGE_LOGGING_ENABLED is %s', async (enabled, tokenId, found) => {
    await given({ TOKEN_USAGE_LOGGING_ENABLED: enabled });
    await metrics.record([aCall({ tokenId: 'jti-1' })]);
    const shown = async (query: string): Promise<CallsView> =>
      (await (await metrics.get(`/calls${query}`)).json()) as CallsView;
    expect((await shown('')).calls.map((call) => call.tokenId)).toEqual([tokenId]);
    expect((await shown('?token=jti-1')).calls).toHaveLength(found);
  });
});

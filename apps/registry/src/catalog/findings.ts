import type { DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { GatewayEntity } from '../storage/gateway.entity.js';

/** What a discovery says of the upstream itself. */
export type Findings = Pick<
  GatewayEntity,
  'transport' | 'era' | 'protocolVersion' | 'serverInfo' | 'capabilities' | 'instructions' | 'reachable' | 'refreshedAt'
>;

export const findingsOf = (discovered: DiscoveredUpstream): Findings => ({
  transport: discovered.transport,
  era: discovered.era,
  protocolVersion: withoutNul(discovered.protocolVersion),
  serverInfo: discovered.serverInfo,
  capabilities: discovered.capabilities,
  instructions: discovered.instructions === null ? null : withoutNul(discovered.instructions),
  reachable: true,
  refreshedAt: new Date(),
});

/** PostgreSQL's text has no U+0000; in JSON columns it stands escaped. */
const withoutNul = (text: string): string => text.replaceAll('\0', '');

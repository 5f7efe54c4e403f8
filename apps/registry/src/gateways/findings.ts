import type { DiscoveredUpstream } from '#contracts/tool-invocation/discover-upstream.request';
import type { GatewayEntity } from './gateway.entity.js';

/** An answer is as old as its question: what happened at the upstream meanwhile may not be in it. */
export interface Discovery {
  readonly discovered: DiscoveredUpstream;
  readonly askedAt: Date;
}

/** What a discovery says of the upstream itself. */
export type Findings = Pick<
  GatewayEntity,
  | 'transport'
  | 'era'
  | 'protocolVersion'
  | 'serverInfo'
  | 'capabilities'
  | 'instructions'
  | 'hints'
  | 'reachable'
  | 'refreshedAt'
>;

export const findingsOf = ({ discovered, askedAt }: Discovery): Findings => ({
  transport: discovered.transport,
  era: discovered.era,
  protocolVersion: withoutNul(discovered.protocolVersion),
  serverInfo: discovered.serverInfo,
  capabilities: discovered.capabilities,
  instructions: discovered.instructions === null ? null : withoutNul(discovered.instructions),
  hints: discovered.hints ?? {},
  reachable: true,
  refreshedAt: askedAt,
});

/** PostgreSQL's text has no U+0000; in JSON columns it stands escaped. */
const withoutNul = (text: string): string => text.replaceAll('\0', '');

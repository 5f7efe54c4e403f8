import type { SessionScope } from '#contracts/registry/catalog';
import type { GatewayEntity } from './gateway.entity.js';

/** A process is meant to serve one client, so what it remembers is at least not shown to other people. */
export const sessionScopeOf = ({
  sessionScope,
  transport,
}: Pick<GatewayEntity, 'sessionScope' | 'transport'>): SessionScope =>
  sessionScope ?? (transport === 'STDIO' ? 'principal' : 'shared');

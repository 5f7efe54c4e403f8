import type { Principal } from '#contracts/auth/principal';
import { sessionScopeOf } from './session-scope.js';
import type { EntryCounts } from '../entries/entry.repository.js';
import type { GatewayEntity } from './gateway.entity.js';
import { MASK } from './registration/credential-form.js';
import { mayChange } from '../rest/ownership.js';

/** A gateway as REST shows it. How it is started and what it is shown is for those who may change it. */
export const gatewayView = (gateway: GatewayEntity, counts: EntryCounts, principal: Principal) => ({
  id: gateway.id,
  name: gateway.name,
  slug: gateway.slug,
  url: gateway.url,
  description: gateway.description,
  transport: gateway.transport,
  ...(mayChange(principal, gateway) ? connectionView(gateway) : null),
  toolPrefix: gateway.toolPrefix,
  timeoutMs: gateway.timeoutMs,
  concurrencyMax: gateway.concurrencyMax,
  sessionScope: sessionScopeOf(gateway),
  listTtlMs: gateway.listTtlMs,
  listCacheScope: gateway.listCacheScope,
  enabled: gateway.enabled,
  reachable: gateway.reachable,
  era: gateway.era,
  protocolVersion: gateway.protocolVersion,
  serverInfo: gateway.serverInfo,
  capabilities: gateway.capabilities,
  toolCount: counts.tool,
  promptCount: counts.prompt,
  resourceCount: counts.resource,
  resourceTemplateCount: counts.template,
  refused: gateway.refused,
  tags: gateway.tags,
  visibility: gateway.visibility,
  teamId: gateway.teamId,
  ownerEmail: gateway.ownerEmail,
  createdAt: gateway.createdAt,
  updatedAt: gateway.updatedAt,
  lastRefreshAt: gateway.refreshedAt,
});

const connectionView = ({ command, args, credentialShape }: GatewayEntity) => {
  const { authType, username, headerNames, envNames } = credentialShape;
  return {
    command,
    args,
    env: Object.fromEntries(envNames.map((name) => [name, MASK])),
    authType,
    ...(authType === 'bearer' && { authToken: MASK }),
    ...(authType === 'basic' && { authUsername: username, authPassword: MASK }),
    ...(authType === 'authheaders' && { authHeaders: headerNames.map((key) => ({ key, value: MASK })) }),
  };
};

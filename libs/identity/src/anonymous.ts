import type { Principal } from '#libs/contracts';

/** Who calls without a credential where `AUTH_REQUIRED` is false: sees what is public, manages nothing. */
export const ANONYMOUS: Principal = Object.freeze({
  id: 'anonymous',
  kind: 'anonymous',
  isAdmin: false,
  teams: Object.freeze([]),
  permissions: Object.freeze(['tools.read', 'tools.execute', 'resources.read', 'prompts.read', 'servers.use'] as const),
  serverId: null,
  tokenId: null,
});

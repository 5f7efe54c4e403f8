import type { Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { fail } from '#libs/errors';
import { type AddressedRequest, acting, holds, isMeantFor, mayUseServer } from '#libs/identity';
import type { Operation } from '#libs/mcp';
import type { ResourceServer } from './resource-server.js';

/** What a caller must hold to list each kind. */
export const LIST_PERMISSIONS = {
  tools: 'tools.read',
  prompts: 'prompts.read',
  resources: 'resources.read',
  resourceTemplates: 'resources.read',
} as const satisfies Record<string, Permission>;

/** What a caller must hold to call each method; `null` where being let in is enough. */
export const METHOD_PERMISSIONS = {
  'tools/call': 'tools.execute',
  'prompts/get': 'prompts.read',
  'resources/read': 'resources.read',
  'completion/complete': null,
  'tasks/get': 'tools.execute',
  'tasks/update': 'tools.execute',
  'tasks/cancel': 'tools.execute',
} as const satisfies Record<string, Permission | null>;

/** What a caller must hold for an operation; `null` where being let in is enough. */
const permissionFor = (operation: Operation): Permission | null => {
  switch (operation.does) {
    case 'list':
      return LIST_PERMISSIONS[operation.list];
    case 'call':
      return METHOD_PERMISSIONS[operation.method];
    case 'subscribe':
    case 'unsubscribe':
      return 'resources.read';
    case 'discover':
    case 'initialize':
    case 'listen':
    case 'ping':
    case 'set-level':
      return null;
  }
};

/**
 * The principal as they may do this: who may by roles in teams alone is confined to those. Throws `auth.grant_missing`, with how to get in only where signing in anew can help: a client that is told so
 * takes its user through a consent.
 */
export const checkPermission = (
  principal: Principal,
  operation: Operation,
  resourceServer: ResourceServer | null,
  serverId: string | null,
  request: AddressedRequest,
): Principal => {
  const permission = permissionFor(operation);
  if (permission === null || holds(principal, permission)) return principal;
  const confined = acting(principal, [permission]);
  if (confined !== null) return confined;
  const mayConsent = holds({ ...principal, permissions: principal.consentable ?? [] }, permission);
  throw fail('auth.grant_missing', {
    message: `This needs the permission ${permission}`,
    data: { permission, ...(mayConsent && resourceServer?.challenge(serverId, request)) },
  });
};

/** A token for one virtual server learns of no other: they are not there. `/mcp` is no secret, so it says why. */
export const checkReach = (principal: Principal, serverId: string | null): void => {
  if (!isMeantFor(principal, serverId))
    throw fail('auth.credential_invalid', { message: 'The token is for another resource than this endpoint' });
  if (mayUseServer(principal, serverId)) return;
  if (serverId !== null) throw fail('registry.server_unknown');
  throw fail('auth.grant_missing', { message: 'The credential is for one virtual server only' });
};

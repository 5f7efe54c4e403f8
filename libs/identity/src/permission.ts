import type { Grant, Principal } from '#libs/contracts';

const MCP_CATEGORIES = ['tools.', 'resources.', 'prompts.'];

/** `*` grants everything, `tools.*` a category; anything that can be done over MCP implies the use of a server. */
const grants = (granted: Grant, wanted: Grant): boolean => {
  if (granted === '*' || granted === wanted) return true;
  if (granted.endsWith('.*') && wanted.startsWith(granted.slice(0, -1))) return true;
  return wanted === 'servers.use' && MCP_CATEGORIES.some((category) => granted.startsWith(category));
};

/** A token that reaches public things only administers nothing, whoever owns it. */
export const isPublicOnly = (principal: Principal): boolean => principal.teams !== null && principal.teams.length === 0;

/** Whether the principal may do this; for a wildcard, whether they may do all that it stands for. */
export const holds = (principal: Principal, permission: Grant): boolean => {
  if (permission.startsWith('admin.') && isPublicOnly(principal)) return false;
  return principal.permissions.some((granted) => grants(granted, permission));
};

/**
 * What a caller can be allowed to do, all of it. A name that is not here grants nothing: it does not compile in the
 * gateway's own code, and REST refuses a token that asks for it. Who adds one adds the route or method that checks it.
 */
export const PERMISSIONS = [
  'tools.create',
  'tools.read',
  'tools.execute',
  'tools.preview',
  'tools.update',
  'tools.delete',
  'resources.create',
  'resources.read',
  'resources.update',
  'resources.delete',
  'prompts.create',
  'prompts.read',
  'prompts.update',
  'prompts.delete',
  'servers.create',
  'servers.read',
  'servers.update',
  'servers.delete',
  'servers.use',
  'gateways.create',
  'gateways.read',
  'gateways.update',
  'gateways.delete',
  'changes.approve',
  'teams.create',
  'teams.read',
  'teams.update',
  'teams.delete',
  'teams.join',
  'teams.manage_members',
  'tokens.create',
  'tokens.read',
  'tokens.update',
  'tokens.revoke',
  'admin.metrics',
  'admin.user_management',
  'admin.system_config',
  'admin.security_audit',
  'admin.export',
  'admin.import',
  'admin.scim',
  'admin.connectors',
  'admin.clients',
] as const;

/** The name of one thing that may be done: `tools.read`, `servers.create`. */
export type Permission = (typeof PERMISSIONS)[number];

type CategoryOf<Name extends string> = Name extends `${infer Category}.${string}` ? Category : never;

/** The part of a permission before the dot: `tools`, `servers`. */
export type PermissionCategory = CategoryOf<Permission>;

/** `*` stands for every permission, `tools.*` for every permission of a category. */
export type PermissionWildcard = '*' | `${PermissionCategory}.*`;

/** What a principal is granted: a permission, or a wildcard for several. */
export type Grant = Permission | PermissionWildcard;

const categories = new Set(PERMISSIONS.map((name) => name.slice(0, name.indexOf('.')) as PermissionCategory));

/** Every grant there is, wildcards first. */
export const GRANTS: readonly Grant[] = [
  '*',
  ...[...categories].map((category) => `${category}.*` as const),
  ...PERMISSIONS,
];

const known: ReadonlySet<unknown> = new Set(GRANTS);

/** Whether this is a permission or wildcard of the gateway; false for a misspelt one and for what is no text. */
export const isGrant = (name: unknown): name is Grant => known.has(name);

import type { Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { acting, canSee, canView, holds } from '#libs/identity';

/** What decides, of a no the first that says so. */
export const RULES = [
  'user.unknown',
  'user.inactive',
  'server.unknown',
  'server.visibility',
  'tool.unknown',
  'tool.visibility',
  'permission.missing',
  'permission.elsewhere',
  'administrator',
  'role.global',
  'role.team',
] as const;

/** Yes or no, why, and what would make it otherwise. */
export interface Verdict {
  readonly allowed: boolean;
  readonly rule: (typeof RULES)[number];
  readonly because: string;
  readonly wouldChange: readonly string[];
}

/** What is asked: may this user call this tool at this endpoint? `null` for what is not there. */
export interface Question {
  readonly name: string;
  readonly user: { readonly principal: Principal; readonly isActive: boolean } | null;
  readonly server: AccessScope | null;
  readonly tool: AccessScope | null;
}

const NEEDED: Permission = 'tools.execute';

/** The same answer as the user's call would get, with the reason that the call is not told. */
export const verdictOn = ({ name, user, server, tool }: Question): Verdict => {
  if (user === null) return no('user.unknown', `There is no user ${name}`, [`create the user ${name}`]);
  if (!user.isActive) return no('user.inactive', `${name} is disabled`, [`enable ${name}`]);
  const { principal } = user;
  if (server === null) return no('server.unknown', 'There is no such virtual server, or it is disabled', []);
  if (!canSee(principal, server))
    return no('server.visibility', limitOf('server', name, server), openings(name, server));
  if (tool === null)
    return no('tool.unknown', 'The endpoint has no such tool, or it is disabled', [
      'enable the tool, or choose it for the virtual server',
    ]);
  if (!canSee(principal, tool)) return no('tool.visibility', limitOf('tool', name, tool), openings(name, tool));
  return byRole(name, principal, tool);
};

const byRole = (name: string, principal: Principal, tool: AccessScope): Verdict => {
  const seen = seenBy(principal, tool);
  if (principal.isAdmin)
    return yes('administrator', `${name} is an administrator, and ${seen}`, [
      `take the role of an administrator from ${name}`,
    ]);
  if (holds(principal, NEEDED))
    return yes('role.global', `${name} has ${NEEDED} by a role for everything, and ${seen}`, [
      `take the roles that permit ${NEEDED} from ${name}`,
    ]);
  const confined = acting(principal, [NEEDED]);
  if (confined === null) return no('permission.missing', `No role of ${name} permits ${NEEDED}`, remedies(name, tool));
  if (!canView(confined, tool))
    return no(
      'permission.elsewhere',
      `Roles of ${name} permit ${NEEDED} in the team ${(confined.confinedTo ?? []).join(', ')} alone`,
      remedies(name, tool),
    );
  return yes('role.team', `A role of ${name} in the team ${String(tool.teamId)} permits ${NEEDED}, and ${seen}`, [
    `take that role from ${name}, or ${name} from the team`,
  ]);
};

const remedies = (name: string, { visibility, teamId }: AccessScope): readonly string[] => [
  `give ${name} a global role that permits ${NEEDED}`,
  ...(teamId !== null && visibility !== 'private' ? [`give ${name} such a role in the team ${teamId}`] : []),
];

const limitOf = (what: string, name: string, { visibility, teamId, ownerEmail }: AccessScope): string =>
  visibility === 'team'
    ? `The ${what} is for the team ${String(teamId)}, which ${name} is not in`
    : `The ${what} is private to ${ownerEmail ?? 'nobody'}`;

const openings = (name: string, { visibility, teamId }: AccessScope): readonly string[] =>
  visibility === 'team'
    ? [`put ${name} into the team ${String(teamId)}`, 'make it public']
    : ['make it public, or for a team'];

const seenBy = (principal: Principal, { visibility, teamId }: AccessScope): string => {
  if (visibility === 'public') return 'the tool is public';
  if (visibility === 'private') return 'the tool is their own';
  return principal.teams === null ? 'sees every team' : `is in the team ${String(teamId)}`;
};

const no = (rule: Verdict['rule'], because: string, wouldChange: readonly string[]): Verdict => ({
  allowed: false,
  rule,
  because,
  wouldChange,
});
const yes = (rule: Verdict['rule'], because: string, wouldChange: readonly string[]): Verdict => ({
  allowed: true,
  rule,
  because,
  wouldChange,
});

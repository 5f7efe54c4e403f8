import { Injectable } from '@nestjs/common';
import type { Grant } from '#contracts/auth/permission';
import { fail } from '#libs/errors';
import { Starting } from '#libs/service';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { ORDINARY_PERMISSIONS } from '../policy/grants.js';
import type { RoleScope } from './role.entity.js';
import { RoleRepository } from './role.repository.js';

interface BuiltInRole {
  readonly id: string;
  readonly scope: RoleScope;
  readonly description: string;
  readonly permissions: readonly Grant[];
}

const READS: readonly Grant[] = ['tools.read', 'resources.read', 'prompts.read', 'servers.read', 'gateways.read'];
const USES: readonly Grant[] = [...READS, 'tools.execute', 'tools.preview', 'servers.use', 'teams.read'];

/** The roles that come with the gateway. Their ids are their names. */
export const BUILT_IN_ROLES: readonly BuiltInRole[] = [
  { id: 'platform_admin', scope: 'global', description: 'May do everything, and sees every team', permissions: ['*'] },
  {
    id: 'platform_viewer',
    scope: 'global',
    description: 'Reads what there is, and runs nothing',
    permissions: [...READS, 'servers.use', 'teams.read'],
  },
  {
    id: 'user',
    scope: 'global',
    description: 'Uses what there is, makes teams and tokens',
    permissions: ORDINARY_PERMISSIONS,
  },
  {
    id: 'team_admin',
    scope: 'team',
    description: 'May do everything with what is kept for the team, and says who is in it',
    permissions: ['tools.*', 'resources.*', 'prompts.*', 'servers.*', 'gateways.*', 'changes.*', 'teams.*'],
  },
  {
    id: 'developer',
    scope: 'team',
    description: 'Registers, changes and uses what is kept for the team',
    permissions: ['tools.*', 'resources.*', 'prompts.*', 'servers.*', 'gateways.*', 'teams.read'],
  },
  { id: 'viewer', scope: 'team', description: 'Uses what is kept for the team', permissions: USES },
];

/** Keeps the built-in roles as this version has them, and sees to it that there is the role that every user has. */
@Injectable()
export class BuiltInRoles {
  constructor(
    private readonly roles: RoleRepository,
    private readonly starting: Starting,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  onModuleInit(): Promise<void> {
    return this.starting.untilDone(() => this.ensure());
  }

  private async ensure(): Promise<void> {
    for (const { id, ...role } of BUILT_IN_ROLES) await this.roles.keep({ id, name: id, ...role });
    const { defaultRole } = this.settings;
    if ((await this.roles.findByName(defaultRole, 'global')) === null)
      throw fail('config.invalid', { message: `DEFAULT_ROLE: there is no global role "${defaultRole}"` });
  }
}

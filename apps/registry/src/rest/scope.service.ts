import { Inject, Injectable } from '@nestjs/common';
import { DescribeTeam } from '#contracts/auth/describe-team.request';
import type { Principal } from '#contracts/auth/principal';
import type { AccessScope } from '#contracts/registry/catalog';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { type AskedScope, scopeFrom } from './ownership.js';

/** Who may see what is made or changed; auth, which keeps the teams, is asked about a new one. */
@Injectable()
export class ScopeService {
  constructor(
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** Of something new: what the body leaves out is as the setting says. Throws as `scopeFrom` and `assertTeam` do. */
  async ofNew(principal: Principal, body: AskedScope): Promise<AccessScope> {
    const { defaultVisibility: visibility } = this.settings;
    const scope = scopeFrom(principal, body, { visibility, teamId: null, ownerEmail: principal.id });
    await this.assertTeam(scope.teamId, null);
    return scope;
  }

  /** Of something that is there. Throws as `ofNew` does. */
  async ofChanged(principal: Principal, body: AskedScope, before: AccessScope): Promise<AccessScope> {
    const scope = scopeFrom(principal, body, before);
    await this.assertTeam(scope.teamId, before.teamId);
    return scope;
  }

  /** Throws `http.invalid` for a team that is not there, unless things were kept for it before. */
  private async assertTeam(teamId: string | null, before: string | null): Promise<void> {
    if (teamId === null || teamId === before) return;
    const { head } = await this.bus.ask(DescribeTeam, { teamId });
    if (head.team !== null) return;
    const message = 'there is no such team';
    throw fail('http.invalid', {
      message: `team_id: ${message}`,
      data: { errors: [{ field: 'teamId', message }] },
    });
  }
}

import { Injectable } from '@nestjs/common';
import { GrantsChanged } from '#contracts/auth/credential-revoked.event';
import type { Principal } from '#contracts/auth/principal';
import { type Bus, InjectBus } from '#libs/bus';
import { fail } from '#libs/errors';
import { isPublicOnly } from '#libs/identity';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { UserService } from '../users/user.service.js';
import { administers } from '../policy/grants.js';
import { isRuleSlug, ruleTeamsOf } from './rule-teams.js';
import { TeamAccess, reachedTeams } from './team-access.js';
import type { ChangeTeamBody, CreateTeamBody } from './team.body.js';
import type { Team } from './team.entity.js';
import { type CountedTeam, type TeamPage, TeamRepository } from './team.repository.js';
import { slugOf } from './slug.js';

/**
 * Teams. What is kept for a team alone exists for its members; who is in a team is announced once it is committed, so
 * that every process sees it at once.
 */
@Injectable()
export class TeamService {
  constructor(
    private readonly teams: TeamRepository,
    private readonly access: TeamAccess,
    private readonly users: UserService,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectBus() private readonly bus: Bus,
  ) {}

  /**
   * The caller is its owner. Throws `http.conflict` when the slug is taken, the caller is in too many teams, or a rule of an
   * issuer gives people the team of that slug and the caller is no administrator.
   */
  async create(caller: Principal, body: CreateTeamBody): Promise<CountedTeam> {
    if (caller.confinedTo !== undefined)
      throw fail('auth.grant_missing', { message: 'A role in a team makes no other team' });
    if (isPublicOnly(caller))
      throw fail('auth.grant_missing', { message: 'The token reaches public things only; it can make no team' });
    if ((await this.users.find(caller.id)) === null)
      throw fail('http.conflict', { message: 'Only users that are known here can have teams' });
    const { name, description = null, visibility = 'private', maxMembers = null } = body;
    const slug = slugOf(body.slug ?? name);
    if (slug === null) throw fail('http.invalid', { message: 'slug: the name has no letter or digit to make one of' });
    const isByRule = isRuleSlug(this.settings, slug);
    if (isByRule && !administers(caller))
      throw fail('http.conflict', { message: `The slug "${slug}" is kept for a rule of TRUSTED_ISSUERS or SSO_RULES` });
    const { teamsMax } = this.settings.teams;
    const made = await this.teams.add(
      { name, slug, description, visibility, maxMembers, createdBy: caller.id },
      teamsMax,
    );
    if (made === 'slug_taken') throw fail('http.conflict', { message: `There is a team with the slug "${slug}"` });
    if (made === 'too_many') throw fail('http.conflict', { message: `You are in ${teamsMax} teams, the most allowed` });
    // A rule gives the team to people of whom there is no list.
    await this.announce(isByRule ? [null] : [caller.id]);
    return { team: made, memberCount: 1 };
  }

  /** Those that the caller's token reaches; of administrators, all that are not personal. */
  list(caller: Principal, page: TeamPage): Promise<{ teams: CountedTeam[]; total: number }> {
    return this.teams.list(reachedTeams(caller), page);
  }

  /** Public teams that the caller is not in. */
  async discover(caller: Principal, page: TeamPage): Promise<CountedTeam[]> {
    return caller.confinedTo === undefined ? this.teams.discover(caller.id, page) : [];
  }

  /** Throws `registry.unknown` for a team that is not there or that the caller may not know of. */
  async get(caller: Principal, id: string): Promise<CountedTeam> {
    return this.teams.counted(await this.access.visible(caller, id));
  }

  /** Throws as `TeamAccess.owned` does. */
  async change(caller: Principal, id: string, body: ChangeTeamBody): Promise<CountedTeam> {
    const team = await this.access.owned(caller, id, 'teams.update');
    if (team.isPersonal && (body.visibility === 'public' || typeof body.maxMembers === 'number'))
      throw fail('http.conflict', { message: 'A personal team is of its user alone' });
    await this.teams.change(id, given(body));
    return this.get(caller, id);
  }

  /** What was kept for the team alone is then there for administrators alone. Throws as `TeamAccess.shared` does. */
  async remove(caller: Principal, id: string): Promise<void> {
    const { slug } = await this.access.shared(caller, id, 'teams.delete');
    const members = await this.teams.remove(id);
    const isByRule = ruleTeamsOf(this.settings).has(id) || isRuleSlug(this.settings, slug);
    await this.announce(isByRule ? [null] : members);
  }

  /** For other services: a team that is there, whoever asks. */
  find(id: string): Promise<Team | null> {
    return this.teams.find(id);
  }

  /** `null`: to everybody. */
  private async announce(principalIds: readonly (string | null)[]): Promise<void> {
    for (const principalId of principalIds) this.bus.publish(GrantsChanged, { principalId });
    await this.bus.flush();
  }
}

const given = (body: ChangeTeamBody) => ({
  ...(typeof body.name === 'string' && { name: body.name }),
  ...(body.description !== undefined && { description: body.description }),
  ...(typeof body.visibility === 'string' && { visibility: body.visibility }),
  ...(body.maxMembers !== undefined && { maxMembers: body.maxMembers }),
});

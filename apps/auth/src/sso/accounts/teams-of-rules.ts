import { Injectable } from '@nestjs/common';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { type AuthSettings, InjectAuthSettings } from '../../auth.settings.js';
import { MemberRepository } from '../../teams/members/member.repository.js';
import { TeamRepository } from '../../teams/team.repository.js';

/** The memberships that rules give. */
@Injectable()
export class TeamsOfRules {
  constructor(
    private readonly teams: TeamRepository,
    private readonly members: MemberRepository,
    @InjectAuthSettings() private readonly settings: AuthSettings,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** The ids of the teams that are there, by what rules call them. */
  named(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.teams.named(names);
  }

  /** Into these teams, and out of those that `giver` gave and that are not among them. Answers whether anything changed. */
  async give(giver: string, email: string, wanted: readonly string[]): Promise<boolean> {
    const mine = await this.members.listOf(email);
    let isChanged = false;
    for (const teamId of wanted.filter((id) => !mine.some((member) => member.teamId === id))) {
      const made = await this.members.add({ teamId, email, role: 'member', invitedBy: giver }, this.settings.teams);
      if (typeof made === 'string')
        this.logger.warn({ principal: email, teamId, giver, objection: made }, 'a rule gives no team');
      else isChanged = true;
    }
    for (const { teamId } of mine.filter((member) => member.invitedBy === giver && !wanted.includes(member.teamId))) {
      const gone = await this.members.remove(teamId, email, true);
      if (typeof gone === 'string')
        this.logger.warn({ principal: email, teamId, giver, objection: gone }, 'a team is kept');
      else isChanged = true;
    }
    return isChanged;
  }
}

import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { DescribeTeam } from '#contracts/auth/describe-team.request';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { TeamService } from './team.service.js';

/** The bus's door to teams: other services ask before they keep something for one. */
@Controller()
export class TeamDirectoryController {
  constructor(private readonly teams: TeamService) {}

  @Answers(DescribeTeam)
  async describe(@Payload() { teamId }: RequestOf<typeof DescribeTeam>): Promise<ReplyOf<typeof DescribeTeam>> {
    const team = await this.teams.find(teamId);
    return { team: team === null ? null : { id: team.id, name: team.name } };
  }
}

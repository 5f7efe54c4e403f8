import { Module } from '@nestjs/common';
import { StatusModule } from '../policy/status.module.js';
import { UserModule } from '../users/user.module.js';
import { InvitationController } from './invitations/invitation.controller.js';
import { InvitationRepository } from './invitations/invitation.repository.js';
import { InvitationService } from './invitations/invitation.service.js';
import { JoinRequestController } from './join-requests/join-request.controller.js';
import { JoinRequestRepository } from './join-requests/join-request.repository.js';
import { JoinRequestService } from './join-requests/join-request.service.js';
import { MemberController } from './members/member.controller.js';
import { MemberRepository } from './members/member.repository.js';
import { MemberService } from './members/member.service.js';
import { RuleTeams } from './rule-teams.js';
import { TeamAccess } from './team-access.js';
import { TeamDirectoryController } from './team-directory.controller.js';
import { TeamController } from './team.controller.js';
import { TeamRepository } from './team.repository.js';
import { TeamService } from './team.service.js';

/** Teams: who is in them, who is invited, who wants to join. */
@Module({
  imports: [StatusModule, UserModule],
  controllers: [InvitationController, TeamController, MemberController, JoinRequestController, TeamDirectoryController],
  providers: [
    TeamRepository,
    MemberRepository,
    InvitationRepository,
    JoinRequestRepository,
    TeamAccess,
    TeamService,
    MemberService,
    InvitationService,
    JoinRequestService,
    RuleTeams,
  ],
  exports: [TeamAccess, TeamRepository, MemberRepository],
})
export class TeamModule {}

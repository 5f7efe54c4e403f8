import { Module } from '@nestjs/common';
import { TeamModule } from '../teams/team.module.js';
import { UserModule } from '../users/user.module.js';
import { ScimDiscoveryController } from './discovery.controller.js';
import { ScimGroupController } from './groups/scim-group.controller.js';
import { ScimGroupRepository } from './groups/scim-group.repository.js';
import { ScimGroupService } from './groups/scim-group.service.js';
import { ScimUserController } from './users/scim-user.controller.js';
import { ScimUserRepository } from './users/scim-user.repository.js';
import { ScimUserService } from './users/scim-user.service.js';

/** Users and teams, as the company's directory keeps them. */
@Module({
  imports: [TeamModule, UserModule],
  controllers: [ScimDiscoveryController, ScimUserController, ScimGroupController],
  providers: [ScimUserRepository, ScimUserService, ScimGroupRepository, ScimGroupService],
})
export class ScimModule {}

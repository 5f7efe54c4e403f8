import { Module } from '@nestjs/common';
import { StatusModule } from '../policy/status.module.js';
import { TeamModule } from '../teams/team.module.js';
import { UserModule } from '../users/user.module.js';
import { AssignmentController } from './assignments/assignment.controller.js';
import { AssignmentRepository } from './assignments/assignment.repository.js';
import { AssignmentService } from './assignments/assignment.service.js';
import { BuiltInRoles } from './built-in-roles.js';
import { PermissionsController } from './permissions.controller.js';
import { PermissionsService } from './permissions.service.js';
import { RoleController } from './role.controller.js';
import { RoleRepository } from './role.repository.js';
import { RoleService } from './role.service.js';
import { UserDirectoryController } from './user-directory.controller.js';

/** Roles: what they permit, and who has them. */
@Module({
  imports: [TeamModule, UserModule, StatusModule],
  controllers: [RoleController, AssignmentController, PermissionsController, UserDirectoryController],
  providers: [RoleRepository, AssignmentRepository, RoleService, AssignmentService, PermissionsService, BuiltInRoles],
  exports: [RoleRepository, AssignmentRepository],
})
export class RoleModule {}

import { Module } from '@nestjs/common';
import { TeamModule } from '../teams/team.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { UserModule } from '../users/user.module.js';
import { MachineClientController } from './machine-client.controller.js';
import { MachineClientRepository } from './machine-client.repository.js';
import { MachineClientService } from './machine-client.service.js';

/** Clients without a user: registered, found by the authorization server, revoked. */
@Module({
  imports: [TeamModule, TokenModule, UserModule],
  controllers: [MachineClientController],
  providers: [MachineClientRepository, MachineClientService],
  exports: [MachineClientService],
})
export class MachineClientModule {}

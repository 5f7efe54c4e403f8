import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { TokenModule } from '../tokens/token.module.js';
import { ConnectionTrail } from './connection-trail.js';
import { ConnectorAdmissionController, ConnectorController } from './connector.controller.js';
import { ConnectorRepository } from './connector.repository.js';
import { ConnectorService } from './connector.service.js';

/** Connectors: made, admitted, revoked. */
@Module({
  imports: [AuditModule, TokenModule],
  controllers: [ConnectorController, ConnectorAdmissionController],
  providers: [ConnectionTrail, ConnectorRepository, ConnectorService],
})
export class ConnectorModule {}

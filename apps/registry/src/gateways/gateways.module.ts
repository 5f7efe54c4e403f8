import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { CredentialsModule } from '../credentials/credentials.module.js';
import { EntriesModule } from '../entries/entries.module.js';
import { ScopeModule } from '../rest/scope.module.js';
import { OAuthStatusController } from './consent/oauth-status.controller.js';
import { AskedUpstreams } from './federation/asked-upstreams.js';
import { DescribedUpstreams } from './described/described-upstreams.js';
import { HandedOverService } from './described/handed-over.service.js';
import { DiscoveryService } from './discovery.service.js';
import { GatewayController } from './gateway.controller.js';
import { GatewayListService } from './gateway-list.service.js';
import { GatewayRepository } from './gateway.repository.js';
import { GatewayService } from './gateway.service.js';
import { A2aModule } from '../sources/a2a/a2a.module.js';
import { GrpcModule } from '../sources/grpc/grpc.module.js';
import { OpenApiModule } from '../sources/openapi/openapi.module.js';
import { OpenApiController } from './apis/openapi.controller.js';
import { RestToolController } from './apis/rest-tool.controller.js';
import { RestToolService } from './apis/rest-tool.service.js';
import { ApiDiscoveryService } from './api-discovery.service.js';
import { AgentController } from './a2a/agent.controller.js';
import { AgentService } from './a2a/agent.service.js';
import { A2aDiscoveryService } from './described/a2a-discovery.service.js';
import { GrpcApiService } from './grpc/grpc-api.service.js';
import { GrpcDiscoveryService } from './grpc/grpc-discovery.service.js';
import { ChangeRuleService } from './registration/change-rule.service.js';
import { GatewayRegistrationService } from './registration/gateway-registration.service.js';
import { GatewayUpdateService } from './registration/gateway-update.service.js';
import { EntryReadingService } from './own/entry-reading.service.js';
import { OwnEntryService } from './own/own-entry.service.js';
import { OwnPromptController } from './own/own-prompt.controller.js';
import { OwnResourceController } from './own/own-resource.controller.js';
import { RegistrationPolicies } from './registration/registration-policies.js';
import { StdioPolicyService } from './registration/stdio-policy.service.js';
import { UpstreamProfileController } from './upstream-profile.controller.js';

/** Gateways: the upstream servers that are registered here. */
@Module({
  imports: [A2aModule, ChangesModule, CredentialsModule, EntriesModule, GrpcModule, OpenApiModule, ScopeModule],
  controllers: [
    AgentController,
    GatewayController,
    OAuthStatusController,
    OpenApiController,
    OwnPromptController,
    OwnResourceController,
    RestToolController,
    UpstreamProfileController,
  ],
  providers: [
    A2aDiscoveryService,
    AgentService,
    ApiDiscoveryService,
    AskedUpstreams,
    ChangeRuleService,
    DescribedUpstreams,
    DiscoveryService,
    EntryReadingService,
    GatewayListService,
    GatewayRegistrationService,
    GatewayRepository,
    GatewayService,
    GatewayUpdateService,
    GrpcApiService,
    GrpcDiscoveryService,
    HandedOverService,
    OwnEntryService,
    RegistrationPolicies,
    StdioPolicyService,
    RestToolService,
  ],
  exports: [
    DiscoveryService,
    GatewayListService,
    GatewayRepository,
    GatewayService,
    GrpcApiService,
    HandedOverService,
    OwnEntryService,
    RestToolService,
  ],
})
export class GatewaysModule {}

import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { gatewayEnvironment, secretFilesOf } from '#libs/config';
import { Lifecycle, PLATFORM_CONFIG, type PlatformConfig } from '#libs/service';
import { ConnectorDoor } from './connectors/connector-door.js';
import { JoinedConnectors } from './connectors/joined-connectors.js';
import { DiscoveryService } from './discovery/discovery.service.js';
import { GreetingService } from './discovery/greeting.service.js';
import { OwnListsService } from './discovery/own-lists.service.js';
import { CheckService } from './discovery/check.service.js';
import { DocumentService } from './discovery/document.service.js';
import { ChallengeService } from './discovery/challenge.service.js';
import { FormService } from './discovery/form.service.js';
import { AgentCardService } from './discovery/agent-card.service.js';
import { ReflectionService } from './discovery/reflection.service.js';
import { TaskWatchService } from './execution/task-watch.service.js';
import { WatchService } from './discovery/watch.service.js';
import { CallService } from './execution/call.service.js';
import { CallIntake } from './intake/call.intake.js';
import { ConnectorIntake } from './intake/connector.intake.js';
import { CheckController } from './intake/check.controller.js';
import { LookController } from './intake/look.controller.js';
import { PoolController } from './intake/pool.controller.js';
import { UpstreamController } from './intake/upstream.controller.js';
import { WebController } from './intake/web.controller.js';
import { watchInvocation } from './intake/instruments.js';
import { SETTINGS, settingsOf } from './tool-invocation.settings.js';
import type { ToolInvocationConfig } from './tool-invocation.config.js';
import { UpstreamDirectory } from './upstreams/upstream-directory.js';

/** Runs calls against upstreams, and discovers what upstreams have. */
@Module({})
export class ToolInvocationModule implements OnApplicationShutdown {
  constructor(
    private readonly calls: CallService,
    private readonly watching: WatchService,
    private readonly taskWatching: TaskWatchService,
    private readonly directory: UpstreamDirectory,
    lifecycle: Lifecycle,
  ) {
    watchInvocation(calls, directory);
    // Parked calls and watches last as long as their clients want; they must not delay the stop.
    lifecycle.onStopping(async () => {
      this.calls.dismissParked();
      this.watching.dismiss();
      this.taskWatching.dismiss();
    });
  }

  static with(config: ToolInvocationConfig): DynamicModule {
    return {
      module: ToolInvocationModule,
      controllers: [CheckController, UpstreamController, LookController, PoolController, WebController],
      providers: [
        {
          provide: SETTINGS,
          inject: [PLATFORM_CONFIG],
          useFactory: ({ NATS_URL, SWITCHYARD_DATA_DIR: dataDir, WORKERS: workers }: PlatformConfig) =>
            settingsOf(config, {
              embedded: NATS_URL === null,
              dataDir,
              workers,
              secretFiles: secretFilesOf(gatewayEnvironment()),
            }),
        },
        JoinedConnectors,
        ConnectorDoor,
        ConnectorIntake,
        CallIntake,
        CallService,
        TaskWatchService,
        DiscoveryService,
        CheckService,
        ChallengeService,
        FormService,
        DocumentService,
        GreetingService,
        OwnListsService,
        AgentCardService,
        ReflectionService,
        WatchService,
        UpstreamDirectory,
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.calls.close();
    await this.directory.close();
  }
}

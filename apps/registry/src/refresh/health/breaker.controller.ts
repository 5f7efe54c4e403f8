import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { PayloadOf } from '#contracts/define';
import { BreakerChanged } from '#contracts/tool-invocation/health/breaker-changed.event';
import { Subscribes } from '#libs/bus';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { HealthService } from './health.service.js';

/** Calls find out sooner than checks how an upstream is. One replica notes it. */
@Controller()
export class BreakerController {
  constructor(
    private readonly health: HealthService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  @Subscribes(BreakerChanged, { group: 'registry' })
  async breakerChanged(@Payload() change: PayloadOf<typeof BreakerChanged>): Promise<void> {
    try {
      await this.health.noteBreaker(change);
    } catch (error) {
      this.logger.warn({ err: error, upstreamId: change.upstreamId }, 'how an upstream is could not be noted');
    }
  }
}

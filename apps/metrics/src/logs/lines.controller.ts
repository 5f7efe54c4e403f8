import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { ReplyOf, RequestOf } from '#contracts/define';
import { RecordLines } from '#contracts/metrics/record-lines.request';
import { Answers } from '#libs/bus';
import { fail } from '#libs/errors';
import { InjectPlatformConfig, type PlatformConfig } from '#libs/service';
import { databaseFailure } from '#libs/storage';
import { keepingLines } from '#libs/telemetry';
import { LogLinesRepository } from './log-lines.repository.js';

/** Takes lines of the log in from the bus. */
@Controller()
export class LinesController {
  constructor(
    private readonly lines: LogLinesRepository,
    @InjectPlatformConfig() private readonly config: PlatformConfig,
  ) {}

  @Answers(RecordLines)
  async record(@Payload() { lines }: RequestOf<typeof RecordLines>): Promise<ReplyOf<typeof RecordLines>> {
    if (!this.config.STRUCTURED_LOGGING_DATABASE_ENABLED)
      throw fail('platform.not_ready', {
        message: 'Metrics keeps no lines: STRUCTURED_LOGGING_DATABASE_ENABLED is off',
      });
    try {
      return { accepted: await keepingLines(() => this.lines.write(lines)) };
    } catch (error) {
      throw databaseFailure(error) ?? error;
    }
  }
}

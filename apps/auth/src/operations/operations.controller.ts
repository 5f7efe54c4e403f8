import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LogLevelChanged } from '#contracts/auth/log-level-changed.event';
import { type Bus, InjectBus } from '#libs/bus';
import { Requires } from '#libs/identity';
import { ApiFailures, InjectPlatformConfig, type PlatformConfig } from '#libs/service';
import { PendingEvents } from '#libs/storage';
import { type AuthSettings, InjectAuthSettings } from '../auth.settings.js';
import { LEVELS, SetLevelBody } from './operations.body.js';
import { SecurityHealthView } from './security-health.view.js';

/** What an administrator asks of the gateway as a whole. */
@ApiTags('operations')
@Requires('admin.system_config')
@Controller()
export class OperationsController {
  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly audit: PendingEvents,
    @InjectPlatformConfig() private readonly platform: PlatformConfig,
    @InjectAuthSettings() private readonly settings: AuthSettings,
  ) {}

  @Post('logging/setLevel')
  @HttpCode(200)
  @ApiOperation({ summary: 'How much every process of the gateway logs, until it is started anew' })
  @ApiOkResponse({ schema: { type: 'object', nullable: true, enum: [null] }, example: null as unknown as string })
  @ApiFailures('http.invalid')
  async setLevel(@Body() { level }: SetLevelBody): Promise<null> {
    await this.audit.note({ action: 'log_level.changed', resourceType: 'log_level', after: { level } });
    this.bus.publish(LogLevelChanged, { level: LEVELS[level] });
    return null;
  }

  @Get('health/security')
  @ApiOperation({ summary: 'Which protections are on' })
  @ApiOkResponse({ type: SecurityHealthView })
  @ApiFailures()
  security(): SecurityHealthView {
    return new SecurityHealthView(this.platform, this.settings);
  }
}

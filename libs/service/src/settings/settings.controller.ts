import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#libs/contracts';
import { fail } from '#libs/errors';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '../rest/api-failures.js';
import { SETTING_SOURCES, type SettingReport, type SettingSource } from './setting-report.js';

/** By the name of a service of this process. */
export type SettingsOfServices = ReadonlyMap<string, readonly SettingReport[]>;

export const SETTINGS_OF_SERVICES = Symbol('settings of the services of this process');

class SettingView implements SettingReport {
  @ApiProperty({ type: String, description: 'Of its environment variable.' })
  readonly name!: string;

  @ApiProperty({ type: String, nullable: true, description: 'As text. Null: unset, or a secret.' })
  readonly value!: string | null;

  @ApiProperty({ type: Boolean, description: 'Of a secret, all that is told.' })
  readonly isSet!: boolean;

  @ApiProperty({
    enum: SETTING_SOURCES,
    description: '`file`: the secret file that `NAME_FILE` names; `gateway`: it was made by the gateway itself.',
  })
  readonly source!: SettingSource;

  @ApiProperty({ type: String, nullable: true, description: 'What it is unless told. Null: unset.' })
  readonly default!: string | null;

  @ApiProperty({ type: Boolean })
  readonly isSecret!: boolean;

  @ApiProperty({ type: String, description: 'How a value is written.' })
  readonly form!: string;

  @ApiProperty({ type: String, description: 'What it does.' })
  readonly prose!: string;
}

class ServiceSettingsView {
  @ApiProperty({ type: String })
  readonly service!: string;

  @ApiProperty({ type: [SettingView], description: 'As the process has them that has answered.' })
  readonly settings!: readonly SettingView[];
}

const EXAMPLE: ServiceSettingsView = {
  service: 'registry',
  settings: [
    {
      name: 'NEW_TOOLS',
      value: 'disabled',
      isSet: true,
      source: 'environment',
      default: 'enabled',
      isSecret: false,
      form: 'enabled | disabled',
      prose: 'Whether tools that an upstream offers only after it was registered may be called at once.',
    },
  ],
};

/** What the settings of this process are: whoever operates the gateway may look, and nobody may change them here. */
@ApiTags('settings')
@Controller('settings')
export class SettingsController {
  constructor(@Inject(SETTINGS_OF_SERVICES) private readonly settings: SettingsOfServices) {}

  @Get(':service')
  @Requires('admin.system_config')
  @ApiOperation({
    summary: 'The settings of a service, where each comes from and what it would be; no secret is shown',
  })
  @ApiOkResponse({ type: ServiceSettingsView, example: EXAMPLE })
  @ApiFailures('http.not_found')
  describe(@Param('service') service: string, @Caller() caller: Principal): ServiceSettingsView {
    if (!caller.isAdmin)
      throw fail('auth.grant_missing', { message: 'Only administrators of the platform may read its settings' });
    const settings = this.settings.get(service);
    if (settings === undefined) throw fail('http.not_found', { message: 'There is no such service here' });
    return { service, settings };
  }
}

import { Body, Controller, Delete, Get, Param, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { DoneView } from '../../rest/done.view.js';
import { ChangeProviderBody, CreateProviderBody } from './provider.body.js';
import { ProviderService } from './provider.service.js';
import { ProviderView, providerView } from './provider.view.js';

/** Identity providers, for administrators. */
@ApiTags('sso')
@Requires('admin.user_management')
@Controller('auth/sso/admin/providers')
export class ProviderController {
  constructor(private readonly providers: ProviderService) {}

  @Post()
  @ApiOperation({ summary: 'Let people sign in with an identity provider; administrators alone' })
  @ApiCreatedResponse({ type: ProviderView })
  @ApiFailures('http.invalid', 'http.conflict')
  async create(@Caller() caller: Principal, @Body() body: CreateProviderBody): Promise<ProviderView> {
    return providerView(await this.providers.create(caller, body));
  }

  @Get()
  @ApiOperation({ summary: 'All identity providers, those of the settings and those that are off too' })
  @ApiOkResponse({ type: [ProviderView] })
  @ApiFailures()
  async list(): Promise<readonly ProviderView[]> {
    return (await this.providers.list()).map(providerView);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One identity provider' })
  @ApiOkResponse({ type: ProviderView })
  @ApiFailures('registry.unknown')
  async get(@Param('id') id: string): Promise<ProviderView> {
    return providerView(await this.providers.get(id));
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change an identity provider; what is left out stays' })
  @ApiOkResponse({ type: ProviderView })
  @ApiFailures('registry.unknown', 'http.invalid', 'http.conflict')
  async change(
    @Caller() caller: Principal,
    @Param('id') id: string,
    @Body() body: ChangeProviderBody,
  ): Promise<ProviderView> {
    return providerView(await this.providers.change(caller, id, body));
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Sign nobody in with it any more' })
  @ApiOkResponse({ type: DoneView })
  @ApiFailures('registry.unknown', 'http.conflict')
  async remove(@Caller() caller: Principal, @Param('id') id: string): Promise<DoneView> {
    await this.providers.remove(caller, id);
    return { success: true, message: `SSO provider '${id}' deleted successfully` };
  }
}

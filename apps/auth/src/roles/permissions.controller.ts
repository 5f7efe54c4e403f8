import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, type ApiResponseNoStatusOptions, ApiTags } from '@nestjs/swagger';
import { PERMISSIONS } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CheckPermissionBody } from './permissions.body.js';
import { PermissionsService, grantsOf } from './permissions.service.js';
import { PermissionCheckView, PermissionListView } from './permissions.view.js';
import { TeamContextQuery } from './role.query.js';

const GRANTS_SHOWN = {
  schema: { type: 'array', items: { type: 'string' }, example: ['tools.read', 'tools.execute'] },
} satisfies ApiResponseNoStatusOptions;

/** What somebody may do. */
@ApiTags('rbac')
@Controller('rbac')
export class PermissionsController {
  constructor(private readonly permissions: PermissionsService) {}

  @Post('permissions/check')
  @HttpCode(200)
  @Requires('admin.user_management')
  @ApiOperation({ summary: 'Whether a user has a permission, by a token that narrows nothing' })
  @ApiOkResponse({ type: PermissionCheckView })
  @ApiFailures('registry.unknown', 'http.invalid')
  async check(@Caller() caller: Principal, @Body() body: CheckPermissionBody): Promise<PermissionCheckView> {
    const { userEmail, permission, teamId } = body;
    const granted = await this.permissions.check(userEmail, permission, teamId ?? undefined);
    return {
      user_email: userEmail.toLowerCase(),
      permission,
      granted,
      checked_at: new Date(),
      checked_by: caller.id,
    };
  }

  @Get('permissions/user/:email')
  @Requires('admin.user_management')
  @ApiOperation({ summary: 'The permissions of a user, wildcards as they are' })
  @ApiParam({ name: 'email', type: String, example: 'ann@example.org' })
  @ApiOkResponse(GRANTS_SHOWN)
  @ApiFailures('registry.unknown', 'http.invalid')
  async list(@Param('email') email: string, @Query() { teamId }: TeamContextQuery): Promise<readonly string[]> {
    return this.permissions.list(email, teamId);
  }

  @Get('permissions/available')
  @Requires('admin.user_management')
  @ApiOperation({ summary: 'Every permission that there is' })
  @ApiOkResponse({ type: PermissionListView })
  @ApiFailures()
  available(): PermissionListView {
    const byResource = Map.groupBy(PERMISSIONS, (name) => name.slice(0, name.indexOf('.')));
    return {
      all_permissions: PERMISSIONS,
      permissions_by_resource: Object.fromEntries(byResource),
      total_count: PERMISSIONS.length,
    };
  }

  @Get('my/permissions')
  @Authenticated()
  @ApiOperation({ summary: 'What your token permits' })
  @ApiOkResponse(GRANTS_SHOWN)
  @ApiFailures('http.invalid')
  listOwn(@Caller() caller: Principal, @Query() { teamId }: TeamContextQuery): readonly string[] {
    return grantsOf(caller, teamId);
  }
}

import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  UseFilters,
} from '@nestjs/common';
import {
  ApiBody,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { GROUP_EXAMPLE, listExample, scimAnswer } from '../protocol/examples.js';
import { checkQuery, listOf, pageOf, projected, wants } from '../protocol/list.js';
import { SCIM_MEDIA_TYPE, ScimErrorFilter } from '../protocol/scim-error.filter.js';
import { ApiScimQuery, type Sent } from '../protocol/rest.js';
import { GROUP_SCHEMA } from '../protocol/schemas.js';
import { type GroupWithMembers, ScimGroupService } from './scim-group.service.js';

/** Teams, for the company's directory, which calls them groups. https://www.rfc-editor.org/rfc/rfc7644 */
@ApiTags('scim')
@Requires('admin.scim')
@UseFilters(ScimErrorFilter)
@Controller('scim/v2/Groups')
export class ScimGroupController {
  constructor(private readonly groups: ScimGroupService) {}

  @Get()
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({
    summary: 'Teams, oldest first; `filter` compares displayName, externalId, members.value and id by eq',
  })
  @ApiScimQuery()
  @ApiOkResponse(scimAnswer('A ListResponse of SCIM.', listExample(GROUP_EXAMPLE)))
  @ApiFailures()
  async list(@Query() query: Sent): Promise<object> {
    checkQuery(query);
    const page = pageOf(query);
    const { groups, total } = await this.groups.list(query['filter'], page, wants(query, 'members'));
    return listOf(
      groups.map((group) => projected(groupView(group), query)),
      total,
      page,
    );
  }

  @Get(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'One team' })
  @ApiScimQuery()
  @ApiOkResponse(scimAnswer('A Group of SCIM.', GROUP_EXAMPLE))
  @ApiFailures('registry.unknown')
  async get(@Param('id') id: string, @Query() query: Sent): Promise<object> {
    checkQuery(query);
    return projected(groupView(await this.groups.get(id, wants(query, 'members'))), query);
  }

  @Post()
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Make a team' })
  @ApiBody({ schema: { type: 'object' }, description: 'A Group of SCIM.' })
  @ApiCreatedResponse(scimAnswer('The Group as it is kept.', GROUP_EXAMPLE))
  @ApiFailures('http.conflict')
  async create(@Body() body: Sent): Promise<object> {
    return groupView(await this.groups.create(body));
  }

  @Put(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Replace the name of a team and who is in it' })
  @ApiBody({ schema: { type: 'object' }, description: 'A Group of SCIM.' })
  @ApiOkResponse(scimAnswer('The Group as it is kept.', GROUP_EXAMPLE))
  @ApiFailures('registry.unknown')
  async replace(@Param('id') id: string, @Body() body: Sent): Promise<object> {
    return groupView(await this.groups.replace(id, body));
  }

  @Patch(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Change a team, and who is in it' })
  @ApiBody({ schema: { type: 'object' }, description: 'A PatchOp of SCIM.' })
  @ApiOkResponse(scimAnswer('The Group as it is kept.', GROUP_EXAMPLE))
  @ApiFailures('registry.unknown')
  async patch(@Param('id') id: string, @Body() body: Sent): Promise<object> {
    return groupView(await this.groups.patch(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a team that the directory made' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async remove(@Param('id') id: string): Promise<void> {
    await this.groups.remove(id);
  }
}

const groupView = ({ group: { id, displayName, externalId, createdAt }, members }: GroupWithMembers): object => ({
  schemas: [GROUP_SCHEMA],
  id,
  ...(externalId !== null && { externalId }),
  displayName,
  ...(members !== null && {
    members: members.map((member) => ({
      value: member.id,
      display: member.email,
      type: 'User',
      $ref: `/scim/v2/Users/${member.id}`,
    })),
  }),
  meta: { resourceType: 'Group', created: createdAt, location: `/scim/v2/Groups/${id}` },
});

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
import { USER_EXAMPLE, listExample, scimAnswer } from '../protocol/examples.js';
import { checkQuery, listOf, pageOf, projected } from '../protocol/list.js';
import { SCIM_MEDIA_TYPE, ScimErrorFilter } from '../protocol/scim-error.filter.js';
import { ApiScimQuery, type Sent } from '../protocol/rest.js';
import { USER_SCHEMA } from '../protocol/schemas.js';
import type { ScimUser } from './scim-user.repository.js';
import { ScimUserService } from './scim-user.service.js';

/** Users, for the company's directory. https://www.rfc-editor.org/rfc/rfc7644 */
@ApiTags('scim')
@Requires('admin.scim')
@UseFilters(ScimErrorFilter)
@Controller('scim/v2/Users')
export class ScimUserController {
  constructor(private readonly users: ScimUserService) {}

  @Get()
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({
    summary: 'Users by e-mail; `filter` compares userName, externalId, emails, active and id by eq, joined by and',
  })
  @ApiScimQuery()
  @ApiOkResponse(scimAnswer('A ListResponse of SCIM.', listExample(USER_EXAMPLE)))
  @ApiFailures()
  async list(@Query() query: Sent): Promise<object> {
    checkQuery(query);
    const page = pageOf(query);
    const { users, total } = await this.users.list(query['filter'], page);
    return listOf(
      users.map((user) => projected(userView(user), query)),
      total,
      page,
    );
  }

  @Get(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'One user' })
  @ApiScimQuery()
  @ApiOkResponse(scimAnswer('A User of SCIM.', USER_EXAMPLE))
  @ApiFailures('registry.unknown')
  async get(@Param('id') id: string, @Query() query: Sent): Promise<object> {
    checkQuery(query);
    return projected(userView(await this.users.get(id)), query);
  }

  @Post()
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Make a user, who then signs in with the identity provider' })
  @ApiBody({ schema: { type: 'object' }, description: 'A User of SCIM.' })
  @ApiCreatedResponse(scimAnswer('The User as it is kept.', USER_EXAMPLE))
  @ApiFailures('http.conflict')
  async create(@Body() body: Sent): Promise<object> {
    return userView(await this.users.create(body));
  }

  @Put(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Replace what is kept of a user' })
  @ApiBody({ schema: { type: 'object' }, description: 'A User of SCIM.' })
  @ApiOkResponse(scimAnswer('The User as it is kept.', USER_EXAMPLE))
  @ApiFailures('registry.unknown')
  async replace(@Param('id') id: string, @Body() body: Sent): Promise<object> {
    return userView(await this.users.replace(id, body));
  }

  @Patch(':id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Change a user; `active: false` ends every token they have, at once' })
  @ApiBody({ schema: { type: 'object' }, description: 'A PatchOp of SCIM.' })
  @ApiOkResponse(scimAnswer('The User as it is kept.', USER_EXAMPLE))
  @ApiFailures('registry.unknown')
  async patch(@Param('id') id: string, @Body() body: Sent): Promise<object> {
    return userView(await this.users.patch(id, body));
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a user, and end every token they have' })
  @ApiNoContentResponse()
  @ApiFailures('registry.unknown')
  async remove(@Param('id') id: string): Promise<void> {
    await this.users.remove(id);
  }
}

const userView = ({ id, email, externalId, fullName, isActive, createdAt }: ScimUser): object => ({
  schemas: [USER_SCHEMA],
  id,
  ...(externalId !== null && { externalId }),
  userName: email,
  ...(fullName !== null && { displayName: fullName, name: { formatted: fullName } }),
  emails: [{ value: email, type: 'work', primary: true }],
  active: isActive,
  meta: { resourceType: 'User', created: createdAt, location: `/scim/v2/Users/${id}` },
});

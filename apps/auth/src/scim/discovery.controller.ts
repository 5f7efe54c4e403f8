import { Controller, Get, Header, Param, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { listExample, scimAnswer } from './protocol/examples.js';
import { listOf } from './protocol/list.js';
import { SCIM_MEDIA_TYPE, ScimErrorFilter } from './protocol/scim-error.filter.js';
import { notFound } from './protocol/scim-error.js';
import { RESOURCE_TYPES, SCHEMAS, SERVICE_PROVIDER } from './protocol/schemas.js';

/** What of SCIM there is here. https://www.rfc-editor.org/rfc/rfc7644#section-4 */
@ApiTags('scim')
@Requires('admin.scim')
@UseFilters(ScimErrorFilter)
@Controller('scim/v2')
export class ScimDiscoveryController {
  @Get('ServiceProviderConfig')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Which features of SCIM there are' })
  @ApiOkResponse(scimAnswer('A ServiceProviderConfig of SCIM.', SERVICE_PROVIDER))
  @ApiFailures()
  config(): object {
    return SERVICE_PROVIDER;
  }

  @Get('Schemas')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'The attributes of users and groups that are kept' })
  @ApiOkResponse(scimAnswer('A ListResponse of SCIM.', listExample(SCHEMAS[0] ?? {})))
  @ApiFailures()
  schemas(): object {
    return whole(SCHEMAS);
  }

  @Get('Schemas/:id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'One schema' })
  @ApiOkResponse(scimAnswer('A Schema of SCIM.', SCHEMAS[0] ?? {}))
  @ApiFailures('registry.unknown')
  schema(@Param('id') id: string): object {
    return one(SCHEMAS, id);
  }

  @Get('ResourceTypes')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'Users and groups' })
  @ApiOkResponse(scimAnswer('A ListResponse of SCIM.', listExample(RESOURCE_TYPES[0] ?? {})))
  @ApiFailures()
  resourceTypes(): object {
    return whole(RESOURCE_TYPES);
  }

  @Get('ResourceTypes/:id')
  @Header('content-type', SCIM_MEDIA_TYPE)
  @ApiOperation({ summary: 'One type of resource' })
  @ApiOkResponse(scimAnswer('A ResourceType of SCIM.', RESOURCE_TYPES[0] ?? {}))
  @ApiFailures('registry.unknown')
  resourceType(@Param('id') id: string): object {
    return one(RESOURCE_TYPES, id);
  }
}

const whole = (resources: readonly object[]): object => listOf(resources, resources.length, { skip: 0, limit: 0 });

const one = (resources: readonly Readonly<Record<string, unknown>>[], id: string): object => {
  const found = resources.find((resource) => resource['id'] === id);
  if (found === undefined) throw notFound();
  return found;
};

import { Body, Controller, Get, Param, Post, Put } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiTags,
} from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Caller, Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { UpdateResourceBody } from '../../entries/entry.body.js';
import { RESOURCE_EXAMPLE } from '../../entries/entry.examples.js';
import { ResourceView } from '../../entries/entry.view.js';
import { EntryReadingService } from './entry-reading.service.js';
import { OwnResourceBody } from './own.body.js';
import { OwnEntryService } from './own-entry.service.js';

const OPTIONAL_TEXT = { type: String, nullable: true } as const;

/** As ContextForge has it. */
class ResourceContentView {
  @ApiProperty({ enum: ['resource'] })
  type!: string;

  @ApiProperty({ type: String })
  id!: string;

  @ApiProperty({ type: String })
  uri!: string;

  @ApiProperty(OPTIONAL_TEXT)
  mime_type!: string | null;

  @ApiProperty(OPTIONAL_TEXT)
  text!: string | null;

  @ApiProperty({ ...OPTIONAL_TEXT, description: 'Base64.' })
  blob!: string | null;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    description: 'All of them, where there are several.',
  })
  contents?: unknown;
}

const CONTENT_EXAMPLE = {
  type: 'resource',
  id: RESOURCE_EXAMPLE.id,
  uri: RESOURCE_EXAMPLE.uri,
  mime_type: 'application/json',
  text: '["Ghent"]',
  blob: null,
};

@ApiTags('resources')
@Controller('resources')
export class OwnResourceController {
  constructor(
    private readonly own: OwnEntryService,
    private readonly reading: EntryReadingService,
  ) {}

  @Post()
  @Requires('resources.create')
  @ApiOperation({ summary: 'Keep a resource, or a template of resources, here' })
  @ApiCreatedResponse({ type: ResourceView, example: RESOURCE_EXAMPLE })
  @ApiFailures('http.invalid', 'registry.name_taken')
  create(@Body() body: OwnResourceBody, @Caller() caller: Principal) {
    return this.own.createResource(body, caller);
  }

  @Get(':id')
  @Requires('resources.read')
  @ApiOperation({ summary: 'What a resource holds; `/resources/{id}/info` says what is known of it' })
  @ApiOkResponse({ type: ResourceContentView, example: CONTENT_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid', 'upstream.unreachable', 'upstream.timed_out')
  read(@Param('id') id: string, @Caller() caller: Principal) {
    return this.reading.read(id, caller);
  }

  @Put(':id')
  @Requires('resources.update')
  @ApiOperation({ summary: 'Change a resource that is kept here, or how another is shown; what is left out stays' })
  @ApiOkResponse({ type: ResourceView, example: RESOURCE_EXAMPLE })
  @ApiFailures('registry.unknown', 'http.invalid', 'registry.name_taken', 'http.conflict')
  update(@Param('id') id: string, @Body() body: UpdateResourceBody, @Caller() caller: Principal) {
    return this.own.updateResource(id, body, caller);
  }
}

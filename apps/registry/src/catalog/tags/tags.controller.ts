import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { asBoolean } from '../../rest/list.query.js';
import { TagsService } from './tags.service.js';
import { ENTITY_EXAMPLE, TAGGED_TYPES, TAG_EXAMPLE, TagView, TaggedEntityView, type TaggedType } from './tags.view.js';

const asTypes = ({ value }: { value: unknown }): unknown =>
  typeof value === 'string' ? value.split(',').map((type) => type.trim().toLowerCase()) : value;

class EntitiesQuery {
  @ApiPropertyOptional({
    type: String,
    description: `${TAGGED_TYPES.join(', ')}, with commas; all when none is given.`,
  })
  @IsOptional()
  @Transform(asTypes)
  @IsIn(TAGGED_TYPES, { each: true })
  entityTypes?: TaggedType[];
}

class TagsQuery extends EntitiesQuery {
  @ApiPropertyOptional({ description: 'Also what has each tag.' })
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  includeEntities?: boolean;
}

/** The words that things are found by, across all kinds. Whoever may list nothing of a kind sees none of it. */
@ApiTags('tags')
@Controller('tags')
export class TagsController {
  constructor(private readonly tags: TagsService) {}

  @Get()
  @Authenticated()
  @ApiOperation({ summary: 'All tags, with how much has each' })
  @ApiOkResponse({ type: [TagView], example: [TAG_EXAMPLE] })
  @ApiFailures('http.invalid')
  list(@Query() { entityTypes, includeEntities = false }: TagsQuery, @Caller() caller: Principal): Promise<TagView[]> {
    return this.tags.list(entityTypes ?? TAGGED_TYPES, includeEntities, caller);
  }

  @Get(':tag/entities')
  @Authenticated()
  @ApiOperation({ summary: 'What has a tag' })
  @ApiOkResponse({ type: [TaggedEntityView], example: [ENTITY_EXAMPLE] })
  @ApiFailures('http.invalid')
  entities(
    @Param('tag') tag: string,
    @Query() { entityTypes }: EntitiesQuery,
    @Caller() caller: Principal,
  ): Promise<TaggedEntityView[]> {
    return this.tags.entitiesOf(tag, entityTypes ?? TAGGED_TYPES, caller);
  }
}

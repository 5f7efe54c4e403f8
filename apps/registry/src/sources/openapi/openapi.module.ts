import { Module } from '@nestjs/common';
import { FilterCheckService } from '../filter-check.service.js';
import { OpenApiSourceService } from './openapi-source.service.js';

/** HTTP APIs that an OpenAPI document describes. */
@Module({ providers: [FilterCheckService, OpenApiSourceService], exports: [FilterCheckService, OpenApiSourceService] })
export class OpenApiModule {}

import { Module } from '@nestjs/common';
import { OpenApiSourceService } from './openapi-source.service.js';

/** HTTP APIs that an OpenAPI document describes. */
@Module({ providers: [OpenApiSourceService], exports: [OpenApiSourceService] })
export class OpenApiModule {}

import { Module } from '@nestjs/common';
import { AggregatesController } from './aggregates.controller.js';
import { AggregatesService } from './aggregates.service.js';
import { RollupsRepository } from './rollups.repository.js';

/** What calls add up to, for REST. */
@Module({ controllers: [AggregatesController], providers: [AggregatesService, RollupsRepository] })
export class AggregatesModule {}

import { Controller, Get, Query } from '@nestjs/common';
import { Requires } from '#libs/identity';
import { AggregatesRequest } from './aggregates.query.js';
import { type Aggregates, AggregatesService } from './aggregates.service.js';

@Controller('metrics')
export class AggregatesController {
  constructor(private readonly aggregates: AggregatesService) {}

  @Requires('admin.metrics')
  @Get()
  read(@Query() request: AggregatesRequest): Promise<Aggregates> {
    return this.aggregates.read(request);
  }
}

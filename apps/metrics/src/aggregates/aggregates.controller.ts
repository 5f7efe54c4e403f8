import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { AggregatesQuery } from './aggregates.query.js';
import { AggregatesService } from './aggregates.service.js';
import { AGGREGATES_EXAMPLE, AggregatesView } from './aggregates.view.js';
import { ResetQuery } from './reset.query.js';
import { ResetView } from './reset.view.js';

@ApiTags('metrics')
@Controller('metrics')
export class AggregatesController {
  constructor(private readonly aggregates: AggregatesService) {}

  @Get()
  @Requires('admin.metrics')
  @ApiOperation({ summary: 'What calls add up to, of all time or of the last hours' })
  @ApiOkResponse({ type: AggregatesView, example: AGGREGATES_EXAMPLE })
  @ApiFailures('http.invalid')
  read(@Query() query: AggregatesQuery): Promise<AggregatesView> {
    return this.aggregates.read(query);
  }

  @Post('reset')
  @HttpCode(200)
  @Requires('admin.metrics')
  @ApiOperation({ summary: 'Forget the calls so far, of everything, of a kind or of one thing' })
  @ApiOkResponse({ type: ResetView, example: { status: 'success', message: 'Metrics reset for all entities' } })
  @ApiFailures('http.invalid')
  async reset(@Query() query: ResetQuery): Promise<ResetView> {
    await this.aggregates.reset(query);
    return new ResetView(query);
  }
}

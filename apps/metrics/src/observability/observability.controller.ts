import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '#contracts/auth/principal';
import { Authenticated, Caller } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { PerformanceQuery, SpansQuery, TracesQuery, WindowQuery } from './observability.query.js';
import { ObservabilityService } from './observability.service.js';
import {
  LATENCY_EXAMPLE,
  LatencyView,
  PERFORMANCE_EXAMPLE,
  PerformanceView,
  SPAN_EXAMPLE,
  STATS_EXAMPLE,
  SpanView,
  StatsView,
  TRACE_EXAMPLE,
  TRACE_WITH_SPANS_EXAMPLE,
  TraceView,
  TraceWithSpansView,
} from './observability.view.js';

/** Calls where programs for ContextForge look for traces, under the names that they know. */
@ApiTags('observability')
@Authenticated()
@Controller()
export class ObservabilityController {
  constructor(private readonly observability: ObservabilityService) {}

  @Get('observability/traces')
  @ApiOperation({ summary: '`GET /calls` as ContextForge has it' })
  @ApiOkResponse({ type: [TraceView], example: [TRACE_EXAMPLE] })
  @ApiFailures('http.invalid')
  traces(@Query() query: TracesQuery, @Caller() caller: Principal): Promise<TraceView[]> {
    return this.observability.traces(query, caller);
  }

  @Post('observability/traces/query')
  @HttpCode(200)
  @ApiOperation({ summary: 'The same, asked for in a body' })
  @ApiOkResponse({ type: [TraceView], example: [TRACE_EXAMPLE] })
  @ApiFailures('http.invalid')
  query(@Body() query: TracesQuery, @Caller() caller: Principal): Promise<TraceView[]> {
    return this.observability.traces(query, caller);
  }

  @Get('observability/traces/:traceId')
  @ApiOperation({ summary: 'The calls of one trace' })
  @ApiOkResponse({ type: TraceWithSpansView, example: TRACE_WITH_SPANS_EXAMPLE })
  @ApiFailures('http.not_found')
  trace(@Param('traceId') traceId: string, @Caller() caller: Principal): Promise<TraceWithSpansView> {
    return this.observability.trace(traceId, caller);
  }

  @Get('observability/spans')
  @ApiOperation({ summary: 'Calls by what was called: each is one span' })
  @ApiOkResponse({ type: [SpanView], example: [SPAN_EXAMPLE] })
  @ApiFailures('http.invalid')
  spans(@Query() query: SpansQuery, @Caller() caller: Principal): Promise<SpanView[]> {
    return this.observability.spans(query, caller);
  }

  @Get('observability/stats')
  @ApiOperation({ summary: 'How many calls there were, how many went wrong, and which are slow' })
  @ApiOkResponse({ type: StatsView, example: STATS_EXAMPLE })
  @ApiFailures('http.invalid')
  stats(@Query() query: WindowQuery, @Caller() caller: Principal): Promise<StatsView> {
    return this.observability.stats(query, caller);
  }

  @Get('observability/analytics/query-performance')
  @ApiOperation({ summary: 'How long calls take' })
  @ApiOkResponse({ type: LatencyView, example: LATENCY_EXAMPLE })
  @ApiFailures('http.invalid')
  latency(@Query() query: WindowQuery, @Caller() caller: Principal): Promise<LatencyView> {
    return this.observability.latency(query, caller);
  }

  @Get('api/logs/performance-metrics')
  @ApiOperation({ summary: 'How long calls take, by method in windows of five minutes or a day, the newest first' })
  @ApiOkResponse({ type: [PerformanceView], example: [PERFORMANCE_EXAMPLE] })
  @ApiFailures('http.invalid')
  performance(@Query() query: PerformanceQuery, @Caller() caller: Principal): Promise<PerformanceView[]> {
    return this.observability.performance(query, caller);
  }
}

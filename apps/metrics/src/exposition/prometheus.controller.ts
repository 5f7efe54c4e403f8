import { Controller, Get, Header, applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Open, Requires } from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { renderPrometheus } from '#libs/telemetry';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
const EXAMPLE = 'switchyard_upstream_calls_total{method="tools/call",outcome="ok",upstream="0c9e8d7b"} 42\n';

const Rendered = (): MethodDecorator =>
  applyDecorators(
    Header('content-type', CONTENT_TYPE),
    ApiOperation({ summary: "The metrics of this process in Prometheus' text format" }),
    ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' }, example: EXAMPLE } } }),
  );

@ApiTags('metrics')
@Controller('metrics/prometheus')
export class PrometheusController {
  @Get()
  @Requires('admin.metrics')
  @Rendered()
  @ApiFailures()
  render(): Promise<string> {
    return renderPrometheus();
  }
}

/** For scrapers on a private network that have no token. */
@ApiTags('metrics')
@Controller('metrics/prometheus')
export class OpenPrometheusController {
  @Get()
  @Open()
  @Rendered()
  @ApiOpenFailures()
  render(): Promise<string> {
    return renderPrometheus();
  }
}

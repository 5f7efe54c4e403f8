import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Open, Requires } from '#libs/identity';
import { renderPrometheus } from '#libs/telemetry';

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

@ApiExcludeController()
@Controller('metrics/prometheus')
export class PrometheusController {
  @Requires('admin.metrics')
  @Get()
  @Header('content-type', CONTENT_TYPE)
  render(): Promise<string> {
    return renderPrometheus();
  }
}

/** For scrapers on a private network that have no token. */
@ApiExcludeController()
@Controller('metrics/prometheus')
export class OpenPrometheusController {
  @Open()
  @Get()
  @Header('content-type', CONTENT_TYPE)
  render(): Promise<string> {
    return renderPrometheus();
  }
}

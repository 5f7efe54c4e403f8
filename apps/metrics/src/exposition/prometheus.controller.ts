import { Controller, Get, Headers, Res, applyDecorators } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Open, Requires } from '#libs/identity';
import { ApiFailures, ApiOpenFailures } from '#libs/service';
import { scrape } from '#libs/telemetry';

const EXAMPLE = 'switchyard_upstream_calls_total{method="tools/call",outcome="ok",upstream="0c9e8d7b"} 42\n';

const Rendered = (): MethodDecorator =>
  applyDecorators(
    ApiOperation({ summary: "The metrics of this process in Prometheus' text format, or in OpenMetrics" }),
    ApiOkResponse({
      content: {
        'text/plain': { schema: { type: 'string' }, example: EXAMPLE },
        'application/openmetrics-text': { schema: { type: 'string' }, example: `${EXAMPLE}# EOF\n` },
      },
    }),
  );

const rendered = async (accept: string | undefined, reply: FastifyReply): Promise<string | Buffer> => {
  const { contentType, body } = await scrape(accept);
  void reply.header('content-type', contentType);
  return body;
};

@ApiTags('metrics')
@Controller('metrics/prometheus')
export class PrometheusController {
  @Get()
  @Requires('admin.metrics')
  @Rendered()
  @ApiFailures()
  render(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    return rendered(accept, reply);
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
  render(
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | Buffer> {
    return rendered(accept, reply);
  }
}

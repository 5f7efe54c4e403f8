import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '#libs/identity';
import { ApiFailures } from '#libs/service';
import { CallService } from '../execution/call.service.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { POOL_EXAMPLE, PoolView } from './pool.view.js';

/** What this instance holds open towards upstreams. */
@ApiTags('admin')
@Controller('admin/mcp-pool')
@Requires('admin.metrics')
export class PoolController {
  constructor(
    private readonly calls: CallService,
    private readonly directory: UpstreamDirectory,
  ) {}

  @Get('metrics')
  @ApiOperation({ summary: 'What this instance holds open towards upstreams' })
  @ApiOkResponse({ type: PoolView, example: POOL_EXAMPLE })
  @ApiFailures()
  figures(): PoolView {
    return {
      callsInFlight: this.calls.inFlight - this.calls.parked.size,
      callsParked: this.calls.parked.size,
      processes: this.directory.processes,
      upstreams: this.directory.figures(),
    };
  }
}

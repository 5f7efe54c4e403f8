import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Requires } from '#libs/identity';
import { CallService } from '../execution/call.service.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';

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
  figures() {
    return {
      callsInFlight: this.calls.inFlight - this.calls.parked.size,
      callsParked: this.calls.parked.size,
      processes: this.directory.processes,
      upstreams: this.directory.figures(),
    };
  }
}

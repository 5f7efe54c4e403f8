import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import { type Catalog, DescribeServer, type RequestOf, ResolveUpstream, type UpstreamProfile } from '#libs/contracts';
import { CatalogService } from '../catalog/catalog.service.js';
import { ProfileService } from '../catalog/profile.service.js';

@Controller()
export class CatalogController {
  constructor(
    private readonly catalogs: CatalogService,
    private readonly profiles: ProfileService,
  ) {}

  @Answers(DescribeServer)
  describe(@Payload() { serverId }: RequestOf<typeof DescribeServer>): Promise<Catalog> {
    return this.catalogs.describe(serverId);
  }

  @Answers(ResolveUpstream)
  resolve(@Payload() { upstreamId }: RequestOf<typeof ResolveUpstream>): Promise<UpstreamProfile> {
    return this.profiles.resolve(upstreamId);
  }
}

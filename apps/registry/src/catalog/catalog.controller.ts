import { Controller, UseInterceptors } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Answers } from '#libs/bus';
import type { RequestOf } from '#contracts/define';
import type { Catalog, UpstreamListing } from '#contracts/registry/catalog';
import { DescribeServer } from '#contracts/registry/describe-server.request';
import { RenewListing } from '#contracts/registry/renew-listing.request';
import { ResolveUpstream, type UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { CatalogService } from './catalog.service.js';
import { ListingService } from '../refresh/listing.service.js';
import { DatabaseFailureInterceptor } from '../storage/database-failure.interceptor.js';
import { ProfileService } from '../gateways/profile.service.js';

@Controller()
@UseInterceptors(DatabaseFailureInterceptor)
export class CatalogController {
  constructor(
    private readonly catalogs: CatalogService,
    private readonly profiles: ProfileService,
    private readonly listings: ListingService,
  ) {}

  @Answers(DescribeServer)
  describe(@Payload() { serverId }: RequestOf<typeof DescribeServer>): Promise<Catalog> {
    return this.catalogs.describe(serverId);
  }

  @Answers(ResolveUpstream)
  resolve(@Payload() { upstreamId }: RequestOf<typeof ResolveUpstream>): Promise<UpstreamProfile> {
    return this.profiles.resolve(upstreamId);
  }

  @Answers(RenewListing)
  renew(@Payload() { upstreamId }: RequestOf<typeof RenewListing>): Promise<UpstreamListing> {
    return this.listings.renew(upstreamId);
  }
}

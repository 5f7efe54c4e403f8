import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RequestOf } from '#contracts/define';
import type { UpstreamListing } from '#contracts/registry/catalog';
import { RenewListing } from '#contracts/registry/renew-listing.request';
import { Answers } from '#libs/bus';
import { ListingService } from './listing.service.js';

/** Lists an upstream anew for a client that uses lists which are too old. */
@Controller()
export class ListingController {
  constructor(private readonly listings: ListingService) {}

  @Answers(RenewListing)
  renew(@Payload() { upstreamId }: RequestOf<typeof RenewListing>): Promise<UpstreamListing> {
    return this.listings.renew(upstreamId);
  }
}

import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { RequestOf } from '#contracts/define';
import type { Catalog, CatalogDelta } from '#contracts/registry/catalog';
import { DescribeServer } from '#contracts/registry/describe-server.request';
import { Answers } from '#libs/bus';
import { CatalogService } from './catalog.service.js';

/** Tells ingress what an endpoint offers. */
@Controller()
export class CatalogController {
  constructor(private readonly catalogs: CatalogService) {}

  @Answers(DescribeServer)
  describe(@Payload() request: RequestOf<typeof DescribeServer>): Promise<Catalog | CatalogDelta> {
    return this.catalogs.describe(request);
  }
}

import { Module } from '@nestjs/common';
import { GatewaysModule } from '../gateways/gateways.module.js';
import { CatalogFileService } from './catalog-file.service.js';
import { KnownServersController } from './known-servers.controller.js';
import { KnownServersService } from './known-servers.service.js';

/** Servers that are known by a file, and registered with one request. */
@Module({
  imports: [GatewaysModule],
  controllers: [KnownServersController],
  providers: [CatalogFileService, KnownServersService],
})
export class KnownServersModule {}

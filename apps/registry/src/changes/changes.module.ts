import { Module } from '@nestjs/common';
import { CatalogChangesService } from './catalog-changes.service.js';
import { KeptRowsService } from './kept-rows.service.js';
import { OwnIdService } from './own-id.service.js';

const SERVICES = [CatalogChangesService, KeptRowsService, OwnIdService];

@Module({ providers: SERVICES, exports: SERVICES })
export class ChangesModule {}

import { Module } from '@nestjs/common';
import { CatalogChangesService } from './catalog-changes.service.js';

@Module({ providers: [CatalogChangesService], exports: [CatalogChangesService] })
export class ChangesModule {}

import { Module } from '@nestjs/common';
import { TapController } from './tap.controller.js';
import { TapService } from './tap.service.js';

/** Calls as they happen, for whoever watches. */
@Module({ controllers: [TapController], providers: [TapService], exports: [TapService] })
export class TapModule {}

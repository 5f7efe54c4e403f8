import { Module } from '@nestjs/common';
import { ScopeService } from './scope.service.js';

/** Who may see what is made. */
@Module({ providers: [ScopeService], exports: [ScopeService] })
export class ScopeModule {}

import { Module } from '@nestjs/common';
import { A2aSourceService } from './a2a-source.service.js';

/** A2A agents. */
@Module({ providers: [A2aSourceService], exports: [A2aSourceService] })
export class A2aModule {}

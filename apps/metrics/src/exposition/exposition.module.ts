import { type DynamicModule, Module } from '@nestjs/common';
import type { MetricsSettings } from '../metrics.settings.js';
import { QueueModule } from '../queue/queue.module.js';
import { OpenPrometheusController, PrometheusController } from './prometheus.controller.js';
import { QueueInstruments } from './queue.instruments.js';

/** What Prometheus scrapes. */
@Module({ imports: [QueueModule], providers: [QueueInstruments] })
export class ExpositionModule {
  static with({ isPrometheusServed, isScrapedWithoutToken }: MetricsSettings): DynamicModule {
    const controller = isScrapedWithoutToken ? OpenPrometheusController : PrometheusController;
    return { module: ExpositionModule, controllers: isPrometheusServed ? [controller] : [] };
  }
}

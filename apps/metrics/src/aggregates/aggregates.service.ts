import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { AggregateView, type AggregatesView, PerformerView } from './aggregates.view.js';
import type { ResetQuery } from './reset.query.js';
import { type Dimension, RollupsRepository } from './rollups.repository.js';

const HOUR_MS = 3_600_000;

/** Reads ready-made sums, which grow in the very statement that writes a batch: always exact, so nothing is cached. */
@Injectable()
export class AggregatesService {
  constructor(private readonly rollups: RollupsRepository) {}

  /** Throws `http.invalid` for one thing of no kind. */
  async reset({ entity, entityId }: ResetQuery): Promise<void> {
    if (entity === undefined && entityId !== undefined) {
      throw fail('http.invalid', { message: 'entity_id needs entity' });
    }
    await this.rollups.forget(entity === undefined ? null : `${entity}s`, entityId ?? null);
  }

  /** `hours`: this hour and as many before as make that number; absent: all time. `limit`: top performers of a kind. */
  async read({
    hours,
    limit,
  }: {
    readonly hours?: number | undefined;
    readonly limit: number;
  }): Promise<AggregatesView> {
    const since = hours === undefined ? null : new Date((Math.floor(Date.now() / HOUR_MS) - hours + 1) * HOUR_MS);
    const read = async (dimension: Dimension) => ({
      total: new AggregateView(await this.rollups.totals(dimension, since)),
      top: (await this.rollups.top(dimension, since, limit)).map((sums) => new PerformerView(sums)),
    });
    const [tools, resources, prompts, servers, gateways] = await Promise.all([
      read('tools'),
      read('resources'),
      read('prompts'),
      read('servers'),
      read('gateways'),
    ]);
    return {
      tools: tools.total,
      resources: resources.total,
      prompts: prompts.total,
      servers: servers.total,
      gateways: gateways.total,
      topPerformers: {
        tools: tools.top,
        resources: resources.top,
        prompts: prompts.top,
        servers: servers.top,
        gateways: gateways.top,
      },
    };
  }
}

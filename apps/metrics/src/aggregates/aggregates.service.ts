import { Injectable } from '@nestjs/common';
import { fail } from '#libs/errors';
import { KeptSumsService } from '../records/kept-sums.service.js';
import { AggregateView, type AggregatesView, PerformerView } from './aggregates.view.js';
import type { AggregatesQuery } from './aggregates.query.js';
import type { ResetQuery } from './reset.query.js';
import { type Dimension, RollupsRepository } from './rollups.repository.js';

const HOUR_MS = 3_600_000;

/** Reads ready-made sums, which grow in the very statement that writes a batch. */
@Injectable()
export class AggregatesService {
  constructor(
    private readonly rollups: RollupsRepository,
    private readonly kept: KeptSumsService,
  ) {}

  /** Throws `http.invalid` for one thing of no kind. */
  async reset({ entity, entityId }: ResetQuery): Promise<void> {
    if (entity === undefined && entityId !== undefined) {
      throw fail('http.invalid', { message: 'entity_id needs entity' });
    }
    await this.rollups.forget(entity === undefined ? null : `${entity}s`, entityId ?? null);
    this.kept.drop();
  }

  /** `hours`: this hour and as many before as make that number; absent: all time. `limit`: top performers of a kind. */
  read({ hours, limit }: AggregatesQuery): Promise<AggregatesView> {
    const since = hours === undefined ? null : new Date((Math.floor(Date.now() / HOUR_MS) - hours + 1) * HOUR_MS);
    return this.kept.of(`${since?.getTime()} ${limit}`, () => this.sumUp(since, limit));
  }

  private async sumUp(since: Date | null, limit: number): Promise<AggregatesView> {
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

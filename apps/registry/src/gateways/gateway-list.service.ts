import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { KeptRowsService } from '../changes/kept-rows.service.js';
import { type EntrySummary, GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { type ListQuery, filterOf, listAnswer, pageOfQuery } from '../rest/list.query.js';
import { type Paged, scopeKeyOf } from '../storage/page.js';
import type { GatewayEntity } from './gateway.entity.js';
import { GatewayRepository } from './gateway.repository.js';
import { GatewayView } from './gateway.view.js';

/** How a list shows gateways. */
export interface ListedAs<View> {
  /** Undefined: all. */
  readonly transport?: UpstreamTransport;
  /** What a page calls them. */
  readonly named: string;
  readonly shown: (view: GatewayView) => View;
}

const AS_GATEWAYS: ListedAs<GatewayView> = { named: 'gateways', shown: (view) => view };

interface ListedGateways extends Paged<GatewayEntity> {
  /** In the order of the rows. */
  readonly summaries: readonly EntrySummary[];
}

/** Lists gateways; what was read is kept until something changes. */
@Injectable()
export class GatewayListService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: GatewayEntriesService,
    private readonly kept: KeptRowsService,
  ) {}

  /** The gateways that the caller may see; an array, or a page when the query asks for one. `as`: of one transport alone, shown otherwise. */
  async list(query: ListQuery, principal: Principal, as: ListedAs<object> = AS_GATEWAYS) {
    const listed = await this.read(query, principal, as.transport);
    const views = listed.rows.map((row, at) =>
      as.shown(new GatewayView(row, listed.summaries[at] as EntrySummary, principal)),
    );
    return listAnswer(query, as.named, listed, views);
  }

  private read(query: ListQuery, principal: Principal, transport: UpstreamTransport | undefined) {
    const [filter, page] = [filterOf(query), pageOfQuery(query)];
    return this.kept.of<ListedGateways>({
      list: 'gateways',
      key: [transport ?? null, scopeKeyOf(principal), filter, page],
      read: async () => {
        const paged = await this.gateways.list(principal, filter, page, transport);
        const summaryOf = await this.entries.summarise(paged.rows.map(({ id }) => id));
        return { ...paged, summaries: paged.rows.map(({ id }) => summaryOf(id)) };
      },
      chars: (listed) => JSON.stringify(listed).length,
    });
  }
}

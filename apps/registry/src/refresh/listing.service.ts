import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamListing } from '#contracts/registry/catalog';
import { fail } from '#libs/errors';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayRepository } from '../gateways/gateway.repository.js';
import { isObjectId } from '../storage/object-id.js';
import { listingOf } from './listing.js';
import { RefreshService } from './refresh.service.js';

/** Upstreams that one process lists anew at once because clients use them; the others stay as old as they are. */
const RENEWALS_MAX = 4;
const PAUSE_MS_MAX = 5 * 60_000;
const FAILURES_MAX = 10_000;

interface Failure {
  readonly count: number;
  readonly quietUntilMs: number;
}

/**
 * Lists upstreams anew when clients use what has become too old. Never by the clock alone: an upstream that nobody uses
 * is left in peace. https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
 */
@Injectable()
export class ListingService {
  private readonly intervalMs: number;
  private readonly renewing = new Map<string, Promise<void>>();
  private readonly failures = new Map<string, Failure>();

  constructor(
    private readonly gateways: GatewayRepository,
    private readonly refreshing: RefreshService,
    @Inject(REGISTRY_CONFIG) config: RegistryConfig,
  ) {
    this.intervalMs = config.LIST_REFRESH_INTERVAL * 1_000;
  }

  of(gateway: GatewayEntity): UpstreamListing {
    return listingOf(gateway, this.intervalMs);
  }

  async renew(upstreamId: string): Promise<UpstreamListing> {
    const gateway = await this.find(upstreamId);
    const renewal = this.renewing.get(upstreamId) ?? (this.isDue(gateway) ? this.begin(upstreamId) : null);
    if (renewal === null) return this.of(gateway);
    await renewal;
    return this.of(await this.find(upstreamId));
  }

  private isDue({ id, refreshedAt }: GatewayEntity): boolean {
    const nowMs = Date.now();
    return (
      this.renewing.size < RENEWALS_MAX &&
      nowMs - refreshedAt.getTime() >= this.intervalMs &&
      nowMs >= (this.failures.get(id)?.quietUntilMs ?? 0)
    );
  }

  private begin(upstreamId: string): Promise<void> {
    const renewal = this.refreshing
      .renew(upstreamId, this.intervalMs)
      .then((worked) => (worked ? void this.failures.delete(upstreamId) : this.noteFailure(upstreamId)))
      .finally(() => this.renewing.delete(upstreamId));
    this.renewing.set(upstreamId, renewal);
    return renewal;
  }

  private noteFailure(upstreamId: string): void {
    const count = (this.failures.get(upstreamId)?.count ?? 0) + 1;
    const pauseMs = Math.min(this.intervalMs * 2 ** Math.min(count, 16), PAUSE_MS_MAX) * (0.75 + Math.random() / 2);
    if (this.failures.size >= FAILURES_MAX) this.failures.clear();
    this.failures.set(upstreamId, { count, quietUntilMs: Date.now() + pauseMs });
  }

  private async find(upstreamId: string): Promise<GatewayEntity> {
    const gateway = isObjectId(upstreamId) ? await this.gateways.findById(upstreamId) : null;
    if (gateway === null || !gateway.enabled) throw fail('upstream.unknown');
    return gateway;
  }
}

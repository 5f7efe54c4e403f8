import { Inject, Injectable } from '@nestjs/common';
import type { UpstreamListing } from '#contracts/registry/catalog';
import { backoffMs } from '#libs/resilience';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { GatewayService } from '../gateways/gateway.service.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { listingOf } from './listing.js';
import { RefreshService } from './refresh.service.js';

/** Upstreams that one process lists anew at once because clients use them; the others stay as old as they are. */
const RENEWALS_MAX = 4;
const PAUSE_MS_MAX = 5 * 60_000;
const FAILURES_MAX = 10_000;

interface Failure {
  readonly count: number;
  readonly retryNotBeforeMs: number;
}

/**
 * Lists upstreams anew when clients use what has become too old. Never by the clock alone: an upstream that nobody uses
 * is left in peace. https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
 */
@Injectable()
export class ListingService {
  private readonly renewing = new Map<string, Promise<void>>();
  private readonly failures = new Map<string, Failure>();

  constructor(
    private readonly gateways: GatewayService,
    private readonly refreshing: RefreshService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /** How old what a gateway listed is, and how old it may get. */
  of(gateway: GatewayEntity): UpstreamListing {
    return listingOf(gateway, this.settings.listRefreshIntervalMs);
  }

  /** Lists it anew if it is due, and answers how old it is then. Throws `upstream.unknown`. */
  async renew(upstreamId: string): Promise<UpstreamListing> {
    const gateway = await this.gateways.findEnabled(upstreamId);
    const renewal = this.renewing.get(upstreamId) ?? (this.isDue(gateway) ? this.begin(upstreamId) : null);
    if (renewal === null) return this.of(gateway);
    await renewal;
    return this.of(await this.gateways.findEnabled(upstreamId));
  }

  private isDue({ id, refreshedAt }: GatewayEntity): boolean {
    const nowMs = Date.now();
    return (
      this.renewing.size < RENEWALS_MAX &&
      nowMs - refreshedAt.getTime() >= this.settings.listRefreshIntervalMs &&
      nowMs >= (this.failures.get(id)?.retryNotBeforeMs ?? 0)
    );
  }

  private begin(upstreamId: string): Promise<void> {
    const renewal = this.refreshing
      .renew(upstreamId, this.settings.listRefreshIntervalMs)
      .then((worked) => (worked ? void this.failures.delete(upstreamId) : this.noteFailure(upstreamId)))
      .finally(() => this.renewing.delete(upstreamId));
    this.renewing.set(upstreamId, renewal);
    return renewal;
  }

  private noteFailure(upstreamId: string): void {
    const count = (this.failures.get(upstreamId)?.count ?? 0) + 1;
    const pauseMs = backoffMs(count + 1, { firstMs: this.settings.listRefreshIntervalMs, maxMs: PAUSE_MS_MAX });
    if (this.failures.size >= FAILURES_MAX) this.failures.clear();
    this.failures.set(upstreamId, { count, retryNotBeforeMs: Date.now() + pauseMs });
  }
}

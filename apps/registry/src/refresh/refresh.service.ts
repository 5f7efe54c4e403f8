import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Principal } from '#contracts/auth/principal';
import { fail, toGatewayError } from '#libs/errors';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { CatalogChangesService } from '../changes/catalog-changes.service.js';
import { type AppliedDiscovery, DiscoveryService } from '../gateways/discovery.service.js';
import { failureText } from '../gateways/discovery-result.js';
import { GatewayService } from '../gateways/gateway.service.js';
import { reachesSameUpstream } from '../gateways/profile.js';
import { RefreshLeaseRepository } from './refresh-lease.repository.js';

const CLAIM_TIMEOUT_MS = 10_000;
const CLAIM_INTERVAL_MS = 100;

/**
 * Asks an upstream anew what it offers. One process at a time per gateway; a change that is announced meanwhile is seen
 * to by the one that is at it, so no announcement is served by a list that is older than it.
 */
@Injectable()
export class RefreshService {
  constructor(
    private readonly gateways: GatewayService,
    private readonly discoveries: DiscoveryService,
    private readonly leases: RefreshLeaseRepository,
    private readonly changes: CatalogChangesService,
    @InjectLogger() private readonly logger: Logger,
  ) {}

  /** Notes that the lists have changed and, unless another process is at it already, refreshes. */
  async refreshIfFree(gatewayId: string): Promise<void> {
    await this.leases.want(gatewayId);
    await this.resume(gatewayId);
  }

  /** What was wanted while nobody could see to it. */
  async resumeAll(): Promise<void> {
    for (const gatewayId of await this.leases.findWanting()) await this.resume(gatewayId);
  }

  /**
   * Refreshes for a caller who may change the gateway, after any refresh that is running. Throws `http.conflict` when
   * that takes longer than 10 s, and what the discovery fails with.
   */
  async refresh(gatewayId: string, principal: Principal): Promise<AppliedDiscovery> {
    await this.gateways.findChangeable(gatewayId, principal);
    const giveUpAtMs = Date.now() + CLAIM_TIMEOUT_MS;
    for (;;) {
      const wanted = await this.leases.claim(gatewayId);
      if (wanted !== null) return this.serve(gatewayId, wanted);
      if (Date.now() > giveUpAtMs) throw fail('http.conflict', { message: 'A refresh is already running' });
      await pause(CLAIM_INTERVAL_MS);
    }
  }

  /** Refreshes one that is older, unless another process is at it or has just been. `false`: it failed, see the log. */
  async renew(gatewayId: string, olderThanMs: number): Promise<boolean> {
    return this.resume(gatewayId, async () => {
      const gateway = await this.gateways.find(gatewayId);
      return gateway !== null && Date.now() - gateway.refreshedAt.getTime() >= olderThanMs;
    });
  }

  private async resume(gatewayId: string, isNeeded = async (): Promise<boolean> => true): Promise<boolean> {
    const wanted = await this.leases.claim(gatewayId);
    if (wanted === null) return true;
    try {
      if (!(await isNeeded())) {
        await this.leases.abandon(gatewayId);
        return true;
      }
      await this.serve(gatewayId, wanted);
      return true;
    } catch (error) {
      this.logger.warn(
        { upstreamId: gatewayId, code: toGatewayError(error).code, err: error },
        'a gateway could not be refreshed',
      );
      return false;
    }
  }

  /** With the lease in hand. */
  private async serve(gatewayId: string, wanted: number): Promise<AppliedDiscovery> {
    try {
      const first = await this.refreshOnce(gatewayId);
      let pending = await this.leases.settle(gatewayId, wanted);
      while (pending !== null) {
        await this.refreshOnce(gatewayId);
        pending = await this.leases.settle(gatewayId, pending);
      }
      return first;
    } catch (error) {
      await this.leases.abandon(gatewayId);
      throw error;
    }
  }

  private async refreshOnce(gatewayId: string): Promise<AppliedDiscovery> {
    const gateway = await this.gateways.find(gatewayId);
    if (gateway === null) throw fail('registry.unknown');
    if (!gateway.enabled) throw fail('http.conflict', { message: 'The gateway is disabled' });
    const discovery = await this.discoveries.again(gateway).catch(async (error: unknown) => {
      if (isOutOfReach(error)) await this.gateways.markUnreachable(gateway, failureText(error));
      throw error;
    });
    return this.changes.make(async (manager, change) => {
      const current = await this.gateways.find(gatewayId, manager);
      if (current === null) throw fail('registry.unknown');
      if (!reachesSameUpstream(current, gateway)) {
        throw fail('http.conflict', { message: 'The gateway was changed while it was being refreshed' });
      }
      return this.discoveries.apply(current, discovery, manager, change);
    });
  }
}

/** Nothing else says whether the upstream can be reached: neither a document that is not what it should be nor a lost bus. */
const isOutOfReach = (error: unknown): boolean => {
  const { code } = toGatewayError(error);
  return code.startsWith('upstream.') && code !== 'upstream.consent_needed';
};

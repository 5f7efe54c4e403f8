import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '#contracts/auth/principal';
import type { HttpToolSource } from '#contracts/registry/resolve-http-tool.request';
import type { OwnContent } from '#contracts/registry/resolve-own-content.request';
import type { UpstreamProfile } from '#contracts/registry/resolve-upstream.request';
import { fail } from '#libs/errors';
import { canView } from '#libs/identity';
import { assertRepeats } from '#libs/service';
import { CatalogChangesService, type PartOfChange } from '../changes/catalog-changes.service.js';
import { UpstreamCredentialService } from '../credentials/upstream-credential.service.js';
import { GatewayEntriesService } from '../entries/gateway-entries.service.js';
import { slugOf } from '../entries/names/naming.js';
import { assertCanChange, assertCanView } from '../rest/ownership.js';
import type { ApiReading } from '../sources/api-reading.js';
import { isObjectId } from '../storage/stored.entity.js';
import { apiDiscovery } from './api-discovery.service.js';
import type { RegisterGatewayBody, UpdateGatewayBody } from './gateway.body.js';
import type { GatewayEntity } from './gateway.entity.js';
import { type Discovery, isOwnListsFinding, OWN_LISTS_FINDING } from './discovery-result.js';
import { GatewayRepository } from './gateway.repository.js';
import { GatewayView } from './gateway.view.js';
import { profileOf } from './profile.js';
import { GatewayRegistrationService } from './registration/gateway-registration.service.js';
import type { AddressSecrets } from './registration/sealed-address.js';
import { GatewayUpdateService } from './registration/gateway-update.service.js';

/**
 * Gateways, as those may see and change them whose they are. Every method that takes an id and a caller throws
 * `registry.unknown` for a gateway that is not there or that the caller may not see.
 */
@Injectable()
export class GatewayService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: GatewayEntriesService,
    private readonly registration: GatewayRegistrationService,
    private readonly updating: GatewayUpdateService,
    private readonly credentials: UpstreamCredentialService,
    private readonly changes: CatalogChangesService,
  ) {}

  async register(body: RegisterGatewayBody, principal: Principal): Promise<GatewayView> {
    return this.viewOf(await this.registration.register(body, principal), principal);
  }

  /** Registers a tool that was described by hand, as a gateway of its own; answers the gateway's id. */
  async registerTool(
    body: RegisterGatewayBody,
    reading: ApiReading,
    secrets: AddressSecrets,
    principal: Principal,
  ): Promise<string> {
    return (await this.registration.registerTool(body, reading, secrets, principal)).id;
  }

  /** Registers a tool that was described by hand anew, in the place of what the gateway was. Throws as `update` does. */
  async replaceTool(
    id: string,
    body: UpdateGatewayBody,
    reading: ApiReading,
    secrets: AddressSecrets,
    principal: Principal,
  ): Promise<void> {
    const before = await this.findChangeable(id, principal);
    await this.updating.update(before, body, principal, apiDiscovery(reading, 'REST', secrets));
  }

  /** Registers what is kept here, as a gateway of its own; answers the gateway's id. */
  async registerOwn(body: RegisterGatewayBody, known: Discovery, principal: Principal): Promise<string> {
    return (await this.registration.registerOwn(body, known, principal)).id;
  }

  /** Puts something else in the place of what is kept here, and `besides` with it or not at all. Throws as `update` does. */
  async replaceOwn(
    id: string,
    body: UpdateGatewayBody,
    known: Discovery,
    principal: Principal,
    besides?: PartOfChange,
  ): Promise<void> {
    await this.updating.update(await this.findChangeable(id, principal), body, principal, known, besides);
  }

  /** A gateway that the caller may see and that has this name, or the slug that the name comes down to. */
  async findNamed(name: string, principal: Principal): Promise<GatewayEntity | null> {
    const found = await this.gateways.findNamesake({ id: '', name, slug: slugOf(name) });
    return found !== null && canView(principal, found) ? found : null;
  }

  async describe(id: string, principal: Principal): Promise<GatewayView> {
    return this.viewOf(await this.findViewable(id, principal), principal);
  }

  async findViewable(id: string, principal: Principal): Promise<GatewayEntity> {
    const gateway = await this.find(id);
    assertCanView(principal, gateway);
    return gateway;
  }

  /** Those of the gateways that the caller may see. */
  findSeen(ids: readonly string[], principal: Principal): Promise<GatewayEntity[]> {
    return this.gateways.findSeen(ids, principal);
  }

  /** The gateways at any of the URLs, spelt as they are kept, that the caller may see. */
  findSeenAt(urls: readonly string[], principal: Principal): Promise<GatewayEntity[]> {
    return this.gateways.findSeenAt(urls, principal);
  }

  async update(id: string, body: UpdateGatewayBody, principal: Principal): Promise<GatewayView> {
    const before = await this.findChangeable(id, principal);
    assertRepeats(body, await this.viewOf(before, principal));
    const gateway = await this.updating.update(before, body, principal);
    this.changes.tell(gateway, principal, 'an upstream was changed');
    return this.viewOf(gateway, principal);
  }

  /** Lists what could not be listed without a consent that there is now. Null: it was listed before. */
  async consented(id: string): Promise<GatewayEntity | null> {
    const before = await this.find(id);
    if (before === null || before.enabled || before.lastError === null) return null;
    return this.registration.retry(before, null);
  }

  /**
   * A disabled gateway offers nothing and its connections end; what is known of it stays. One that could not be reached
   * when it was registered is tried again, and stays disabled where that throws what registering it would.
   */
  async setEnabled(id: string, enabled: boolean, principal: Principal): Promise<GatewayView> {
    const before = await this.findChangeable(id, principal);
    if (enabled && before.lastError !== null) {
      const gateway = await this.registration.retry(before, principal);
      this.changes.tell(gateway, principal, 'an upstream was enabled');
      return this.viewOf(gateway, principal);
    }
    const view = await this.changes.make(async (manager, change) => {
      const gateway = await this.findChangeable(id, principal, manager);
      if (gateway.enabled !== enabled) {
        const changes = { enabled, updatedAt: new Date() };
        await this.gateways.update(id, changes, manager);
        Object.assign(gateway, changes);
        change.touchAllLists();
        change.upstreamIds.add(id);
        await change.touchServersOfGateway(id);
        change.upstreams.set(id, enabled ? 'updated' : 'removed');
      }
      return this.viewOf(gateway, principal, manager);
    });
    if (before.enabled !== enabled)
      this.changes.tell(before, principal, enabled ? 'an upstream was enabled' : 'an upstream was disabled');
    return view;
  }

  async remove(id: string, principal: Principal): Promise<GatewayEntity> {
    const gateway = await this.findChangeable(id, principal);
    // First, so that a gateway that is gone leaves no secret behind.
    await this.credentials.keep(id, null);
    await this.changes.make(async (manager, change) => {
      await change.touchServersOfGateway(id);
      await this.gateways.delete(id, manager);
      change.touchAllLists();
      change.upstreamIds.add(id);
      change.upstreams.set(id, 'removed');
    });
    this.changes.tell(gateway, principal, 'an upstream was removed');
    return gateway;
  }

  /** How an upstream is reached. Throws `upstream.unknown`; a disabled gateway is not reached at all. */
  async resolve(upstreamId: string): Promise<UpstreamProfile> {
    return profileOf(await this.findEnabled(upstreamId));
  }

  /** Notes that the upstream lists something else to some of its callers. */
  async noteOwnLists(id: string): Promise<void> {
    const gateway = await this.find(id);
    if (gateway === null || gateway.refused.some(isOwnListsFinding)) return;
    await this.gateways.update(id, { refused: [...gateway.refused, OWN_LISTS_FINDING] });
    this.changes.noteState('gateways');
  }

  /** How a call of a tool of an HTTP API becomes a request. Throws `upstream.unknown` or `registry.tool_unknown`. */
  async resolveTool(upstreamId: string, name: string): Promise<HttpToolSource> {
    const { id } = await this.findEnabled(upstreamId);
    const source = await this.entries.findSource(id, name);
    if (source === null) throw fail('registry.tool_unknown');
    return JSON.parse(source) as HttpToolSource;
  }

  /** What an enabled gateway holds that is kept here. Throws `upstream.unknown` where there is none. */
  async resolveOwn(upstreamId: string): Promise<OwnContent> {
    const { id } = await this.findEnabled(upstreamId);
    return this.readOwn(id);
  }

  /** The same, whether or not it is enabled. */
  async readOwn(id: string): Promise<OwnContent> {
    const gateway = await this.find(id);
    const [entry] = gateway?.transport === 'OWN' ? await this.entries.findOf(id) : [];
    if (!entry?.source) throw fail('upstream.unknown');
    return JSON.parse(entry.source) as OwnContent;
  }

  /** Throws `upstream.unknown` for a gateway that is not there or is disabled. */
  async findEnabled(id: string): Promise<GatewayEntity> {
    const gateway = await this.find(id);
    if (gateway === null || !gateway.enabled) throw fail('upstream.unknown');
    return gateway;
  }

  /** Throws `auth.grant_missing` where the caller may see the gateway but not change it. */
  async findChangeable(id: string, principal: Principal, manager?: EntityManager): Promise<GatewayEntity> {
    const gateway = await this.find(id, manager);
    assertCanChange(principal, gateway);
    return gateway;
  }

  /** Null where there is none, whoever asks. */
  async find(id: string, manager?: EntityManager): Promise<GatewayEntity | null> {
    return isObjectId(id) ? this.gateways.findById(id, manager) : null;
  }

  /** Notes that the last attempt to list what the upstream offers failed. */
  async markUnreachable({ id, failingSince }: GatewayEntity, reason: string): Promise<void> {
    const changes = { reachable: false, failingSince: failingSince ?? new Date(), failingReason: reason };
    await this.gateways.update(id, changes);
    this.changes.noteState('gateways');
  }

  private async viewOf(gateway: GatewayEntity, principal: Principal, manager?: EntityManager): Promise<GatewayView> {
    const summaryOf = await this.entries.summarise([gateway.id], manager);
    return new GatewayView(gateway, summaryOf(gateway.id), principal);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { exchangesTokens } from '#contracts/auth/oauth/oauth-client';
import { LRUCache } from 'lru-cache';
import type { RequestOf } from '#contracts/define';
import type { AccessScope, Catalog, CatalogDelta, CatalogUpstream } from '#contracts/registry/catalog';
import type { DescribeServer } from '#contracts/registry/describe-server.request';
import { fail } from '#libs/errors';
import { OwnIdService } from '../changes/own-id.service.js';
import { isToldWay } from '../entries/names/peer-kind.js';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { passedHeadersTo } from '../gateways/passed-headers/passed-headers.js';
import { sessionScopeOf } from '../gateways/profile.js';
import { ListingService } from '../refresh/listing.service.js';
import { type RegistrySettings, SETTINGS } from '../registry.settings.js';
import { ServerService } from '../servers/server.service.js';
import { isObjectId } from '../storage/stored.entity.js';
import { CatalogRepository } from './catalog.repository.js';
import { type Endpoint, deltaOf, wholeOf } from './endpoint.js';
import { KeptCatalogService } from './kept-catalog.service.js';
import type { Snapshot } from './snapshot.js';

const SERVERS_MAX = 10_000;
const EVERYTHING: Endpoint = {
  server: { id: null, name: 'everything', description: null, visibility: 'public', teamId: null, ownerEmail: null },
  chosen: null,
};

/** What was chosen for a virtual server, and up to which revision that is known to hold. */
interface KeptServer {
  readonly endpoint: Endpoint;
  readonly snapshot: Snapshot;
  revision: number;
}

/** What an endpoint offers: as a whole, or what has changed of it. */
@Injectable()
export class CatalogService {
  private readonly servers = new LRUCache<string, KeptServer>({ max: SERVERS_MAX });

  constructor(
    private readonly kept: KeptCatalogService,
    private readonly catalogs: CatalogRepository,
    private readonly chosen: ServerService,
    private readonly listings: ListingService,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
    private readonly ownId: OwnIdService,
  ) {}

  /** Null: the endpoint of everything that is registered. Throws `registry.server_unknown`. */
  async describe({ serverId, since, heard }: RequestOf<typeof DescribeServer>): Promise<Catalog | CatalogDelta> {
    if (serverId !== null && !isObjectId(serverId)) throw fail('registry.server_unknown');
    const gatewayId = await this.ownId.read();
    for (;;) {
      const snapshot = await this.kept.at(heard);
      if (serverId !== null && this.known(serverId, snapshot) === null) await this.readServer(serverId, snapshot);
      if (since === undefined || snapshot.changesSince(since) === null) await this.renewGateways(snapshot);
      // The snapshot goes on while something is read, but not from here on.
      const endpoint = serverId === null ? EVERYTHING : this.known(serverId, snapshot);
      if (endpoint === null) continue;
      const delta = since === undefined ? null : deltaOf(endpoint, snapshot, since, this.upstreamOf);
      return delta ?? { ...wholeOf(endpoint, snapshot, this.upstreamOf), gatewayId };
    }
  }

  /** Null where it is not known, or was changed since. */
  private known(id: string, snapshot: Snapshot): Endpoint | null {
    const kept = this.servers.get(id);
    if (kept?.snapshot !== snapshot) return null;
    if (snapshot.changesSince(kept.revision)?.serverIds.has(id) ?? true) return null;
    kept.revision = snapshot.revision;
    return kept.endpoint;
  }

  private async readServer(id: string, snapshot: Snapshot): Promise<void> {
    const { revision } = snapshot;
    const { server, chosen } = await this.chosen.readShown(id);
    const { name, description, toolSearch, visibility, teamId, ownerEmail } = server;
    const about = { id, name, description, visibility, teamId, ownerEmail, ...(toolSearch && { toolSearch }) };
    const endpoint = { server: about, chosen };
    this.servers.set(id, { endpoint, snapshot, revision });
  }

  /** What a refresh notes of a gateway is no change of the catalog, but whoever begins needs it. */
  private async renewGateways(snapshot: Snapshot): Promise<void> {
    const { revision } = snapshot;
    const gateways = await this.catalogs.readGateways(snapshot.gateways().map(({ id }) => id));
    if (snapshot.revision === revision) snapshot.renewGateways(gateways);
  }

  private readonly upstreamOf = (gateway: GatewayEntity): CatalogUpstream => {
    const passedHeaders = passedHeadersTo(gateway, this.settings.passedHeaders);
    return { ...this.describedUpstream(gateway), ...(passedHeaders.length > 0 && { passedHeaders }) };
  };

  private readonly describedUpstream = (gateway: GatewayEntity): CatalogUpstream => ({
    id: gateway.id,
    name: gateway.name,
    slug: gateway.slug,
    sessionScope: sessionScopeOf(gateway),
    ...(exchangesTokens(gateway.credentialShape.oauth?.grantType) && { exchangesTokens: true as const }),
    ...(isToldWay(gateway, this.settings.wayTo) && { isToldWay: true }),
    ...(gateway.timeoutMs !== null && { timeoutMs: gateway.timeoutMs }),
    capabilities: gateway.capabilities,
    instructions: gateway.instructions,
    ...(gateway.legacy !== null && {
      legacy: { capabilities: gateway.legacy.capabilities, instructions: gateway.legacy.instructions },
    }),
    ...scopeOf(gateway),
    listing: this.listings.of(gateway),
  });
}

const scopeOf = ({ visibility, teamId, ownerEmail }: AccessScope): AccessScope => ({ visibility, teamId, ownerEmail });

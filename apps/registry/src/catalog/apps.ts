import type { LinkedResource, AccessScope } from '#contracts/registry/catalog';
import type { GatewayEntity } from '../gateways/gateway.entity.js';
import { appLinksOf, appUriVia, isAppUri } from '../entries/exposed-definition.js';
import type { StoredEntry } from './stored-entry.js';

interface Link {
  readonly gatewayId: string;
  readonly uri: string;
}

const keyOf = ({ gatewayId, uri }: Link): string => `${gatewayId} ${uri}`;

/**
 * The apps of one endpoint. Each goes by its own URI; where two gateways have the same, the one that was registered first
 * keeps it and the others' name their gateway, so that no tool is shown with another upstream's app.
 */
export class Apps {
  private readonly gateways: ReadonlyMap<string, GatewayEntity>;
  private readonly holders = new Map<string, string>();
  private readonly listed = new Set<string>();
  private readonly links = new Map<string, Link>();

  /** `hidden`: resources that have been disabled; a link to one leads nowhere. */
  constructor(entries: readonly StoredEntry[], gateways: readonly GatewayEntity[], hidden: readonly Link[]) {
    this.gateways = new Map(gateways.map((gateway) => [gateway.id, gateway]));
    for (const { kind, gatewayId, originalName: uri, definition, legacyDefinition } of entries) {
      if (kind === 'resource' && isAppUri(uri)) {
        this.claim({ gatewayId, uri });
        this.listed.add(keyOf({ gatewayId, uri }));
      }
      if (kind !== 'tool') continue;
      for (const linked of [definition, legacyDefinition ?? '{}'].flatMap(appLinksOf)) {
        this.claim({ gatewayId, uri: linked });
        this.links.set(keyOf({ gatewayId, uri: linked }), { gatewayId, uri: linked });
      }
    }
    for (const link of hidden) this.links.delete(keyOf(link));
  }

  /** What clients call a resource of this gateway. */
  uriOf(gatewayId: string, uri: string): string {
    const holder = this.holders.get(uri);
    const gateway = this.gateways.get(gatewayId);
    return holder === undefined || holder === gatewayId || gateway === undefined ? uri : appUriVia(gateway.slug, uri);
  }

  /** Those that a tool here is shown with, but that are in no list here. */
  linked(): LinkedResource[] {
    return [...this.links].flatMap(([key, { gatewayId, uri: upstreamUri }]) => {
      const gateway = this.gateways.get(gatewayId);
      if (gateway === undefined || this.listed.has(key)) return [];
      const uri = this.uriOf(gatewayId, upstreamUri);
      return [{ upstreamId: gatewayId, uri, ...(uri !== upstreamUri && { upstreamUri }), ...scopeOf(gateway) }];
    });
  }

  private claim({ gatewayId, uri }: Link): void {
    const holder = this.gateways.get(this.holders.get(uri) ?? '');
    const claimant = this.gateways.get(gatewayId);
    if (claimant !== undefined && (holder === undefined || claimant.ordinal < holder.ordinal))
      this.holders.set(uri, gatewayId);
  }
}

const scopeOf = ({ visibility, teamId, ownerEmail }: AccessScope): AccessScope => ({ visibility, teamId, ownerEmail });

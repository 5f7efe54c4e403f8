import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { UpstreamCredential } from '#contracts/auth/upstream-credential.request';
import { UpstreamChanged } from '#contracts/registry/catalog-changed.event';
import type { UpstreamTransport } from '#contracts/registry/resolve-upstream.request';
import { tellsOfHiddenText } from '#libs/mcp';
import type { CatalogChange } from '../changes/catalog-change.js';
import {
  GatewayEntriesService,
  type OfferedEntries,
  type ReplacedEntries,
} from '../entries/gateway-entries.service.js';
import { type NamedGateway, type ToolNameStyle, namingOf } from '../entries/names/naming.js';
import { peerKindOf } from '../entries/names/peer-kind.js';
import { SETTINGS, type RegistrySettings } from '../registry.settings.js';
import { ApiDiscoveryService } from './api-discovery.service.js';
import { AskedUpstreams } from './federation/asked-upstreams.js';
import { DescribedUpstreams } from './described/described-upstreams.js';
import {
  type Discovery,
  type DiscoveryResult,
  REFUSED_MAX,
  type UpstreamDescription,
  isOwnListsFinding,
  readDiscovery,
  refusalOf,
  withDistinctNames,
} from './discovery-result.js';
import { GatewayEntity, type RefusedEntry } from './gateway.entity.js';
import { GatewayRepository } from './gateway.repository.js';
import { changePolicyOf } from '../entries/ledger/change-policy.js';
import { newToolsOf, withNewTools } from './new-tools.js';
import { withWantedConsent } from './registration/wanted-consent.js';
import { type Connection, isByHand, speaksMcp } from './profile.js';

/** What applying a discovery did to the entries of a gateway. */
export interface AppliedDiscovery extends Pick<ReplacedEntries, 'added' | 'updated' | 'removed'> {
  readonly refused: readonly RefusedEntry[];
  /** Changed tools that are served as they were. */
  readonly toolsHeld: number;
  /** The upstream is an API, whose changes can be judged. */
  readonly isApi: boolean;
}

/** Asks tool-invocation what an upstream offers, and brings what is stored of its gateway to that. */
@Injectable()
export class DiscoveryService {
  constructor(
    private readonly gateways: GatewayRepository,
    private readonly entries: GatewayEntriesService,
    /** What HTTP APIs offer. */
    readonly apis: ApiDiscoveryService,
    /** What gRPC servers and A2A agents offer. */
    readonly described: DescribedUpstreams,
    private readonly asked: AskedUpstreams,
    @Inject(SETTINGS) private readonly settings: RegistrySettings,
  ) {}

  /**
   * Connects and lists, which may take 30 s: no database connection may be held meanwhile. With `credential` undefined,
   * what auth keeps for the upstream is presented. Rejects with `upstream.…` (`upstream.refused`
   * where it is this gateway itself) or `bus.…`.
   */
  async discover(
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential?: UpstreamCredential | null,
  ): Promise<Discovery> {
    const askedAt = new Date();
    return { discovered: await this.asked.discover(connection, transport, credential), askedAt };
  }

  /** As `discover`, of one that is not registered yet: where it refuses who shows nothing and wants OAuth, that is said. */
  async discoverNew(
    connection: Connection,
    transport: UpstreamTransport | 'AUTO',
    credential?: UpstreamCredential | null,
  ): Promise<Discovery> {
    return this.discover(connection, transport, credential).catch(async (error: unknown) => {
      throw credential === null ? await withWantedConsent(this.asked.bus, connection, error) : error;
    });
  }

  /** Finds out anew what a gateway offers. Rejects as `discover` does, and with what reading a document fails with. */
  again(gateway: GatewayEntity, transport: UpstreamTransport | 'AUTO' = gateway.transport): Promise<Discovery> {
    const describer = this.described.of(gateway.transport);
    if (describer !== undefined) return describer.reread(gateway);
    return speaksMcp(gateway) ? this.discover(gateway, transport) : this.apis.reread(gateway);
  }

  /** Within a change: keeps what of a discovery stands beside the gateway. */
  async keepBeside(gatewayId: string, { grpc }: Discovery, manager: EntityManager): Promise<void> {
    if (grpc?.descriptorSet) await this.described.grpc.apis.keep(gatewayId, grpc.descriptorSet, manager);
  }

  /** What a new gateway offers, and how its names are spelt from now on. */
  readNew(
    discovery: Discovery,
    asked: Pick<NamedGateway, 'slug' | 'toolPrefix'> & { readonly toolNameStyle: ToolNameStyle | undefined },
  ): { readonly toolNameStyle: ToolNameStyle; readonly found: DiscoveryResult } {
    // What was described by hand was given its name by whoever described it.
    const fallback = isByHand(discovery.discovered) ? 'exact' : this.settings.toolNameStyle;
    const toolNameStyle = asked.toolNameStyle ?? fallback;
    const naming = namingOf({ ...asked, toolNameStyle, serverInfo: discovery.discovered.serverInfo });
    return { toolNameStyle, found: withDistinctNames(readDiscovery(discovery, naming), naming) };
  }

  /** Tools that are offered, but by names that the models of some clients do not take. */
  async findUnfit(gatewayId: string, manager: EntityManager): Promise<RefusedEntry[]> {
    return (await this.entries.findUnfit(gatewayId, manager)).map((tool) => ({ list: 'tools', ...tool }));
  }

  /** Ends what a discovery has left open: a child process, a connection, the profile it was made with. */
  release(upstreamId: string, change: 'updated' | 'removed'): void {
    this.asked.bus.publish(UpstreamChanged, { upstreamId, change });
  }

  /** Within a change: stores what was discovered. An entry whose name is taken is left out and stands in `refused`. */
  async apply(
    gateway: GatewayEntity,
    discovery: Discovery,
    manager: EntityManager,
    change: CatalogChange,
  ): Promise<AppliedDiscovery> {
    const { named, found, offered } = this.offerOf(gateway, discovery);
    const { added, updated, removed, conflicting, toolsHeld } = await this.entries.replace(
      named,
      offered,
      manager,
      change,
    );
    const refused = [
      ...found.refused,
      ...conflicting.map((entry) => refusalOf(entry, `the name "${entry.exposedName}" is taken`)),
      ...gateway.refused.filter(isOwnListsFinding),
      ...(await this.findUnfit(gateway.id, manager)),
    ].slice(0, REFUSED_MAX);
    await this.gateways.update(gateway.id, { ...found.description, refused }, manager);
    await this.keepBeside(gateway.id, discovery, manager);
    if (found.description.sourceVersion !== gateway.sourceVersion) change.upstreams.set(gateway.id, 'updated');
    if (describesItselfAnew(gateway, found.description)) change.touchAllLists();
    if (change.lists.size > 0) change.upstreamIds.add(gateway.id);
    return { added, updated, removed, refused, toolsHeld, isApi: discovery.reading !== undefined };
  }

  /** Whether `apply` would change nothing of what a gateway offers, nor how it is called. */
  async isApplied(gateway: GatewayEntity, discovery: Discovery): Promise<boolean> {
    const { named, found, offered } = this.offerOf(gateway, discovery);
    if (!isDeepStrictEqual(found.description.serverInfo, gateway.serverInfo)) return false;
    // How a call of an HTTP API is made stands with its tools; the version of a source is also another once one is approved.
    if (discovery.grpc !== undefined && !(await this.described.grpc.apis.isKept(gateway, discovery.grpc))) return false;
    return this.entries.isReplaced(named, offered);
  }

  private offerOf(
    gateway: GatewayEntity,
    discovery: Discovery,
  ): { readonly named: GatewayEntity; readonly found: DiscoveryResult; readonly offered: OfferedEntries } {
    const { serverInfo } = discovery.discovered;
    const named = Object.assign(new GatewayEntity(), gateway, { serverInfo });
    const found = readDiscovery(discovery, namingOf(named));
    // Where it has never been reached, nothing of it is newer than its registration.
    const isKnown = gateway.lastError === null;
    const entries = withNewTools(found.entries, isKnown ? newToolsOf(gateway, this.settings.newTools) : 'enabled');
    const changePolicy = isKnown ? changePolicyOf(gateway, this.settings.toolChanges) : null;
    const hiddenTexts = hiddenTextsIn(found.refused);
    return { named, found, offered: { entries, incomplete: found.incomplete, changePolicy, hiddenTexts } };
  }
}

/** Tools whose texts held what nobody sees. */
const hiddenTextsIn = (refused: readonly RefusedEntry[]): ReadonlySet<string> =>
  new Set(refused.filter(({ list, reason }) => list === 'tools' && tellsOfHiddenText(reason)).map(({ name }) => name));

type Description = Pick<UpstreamDescription, 'serverInfo' | 'capabilities' | 'instructions' | 'hints' | 'legacy'>;

const describesItselfAnew = (before: Description, now: Description): boolean =>
  before.instructions !== now.instructions ||
  peerKindOf(before.serverInfo) !== peerKindOf(now.serverInfo) ||
  JSON.stringify(before.capabilities) !== JSON.stringify(now.capabilities) ||
  JSON.stringify(before.legacy) !== JSON.stringify(now.legacy) ||
  scopesOf(before) !== scopesOf(now);

/** A list that is private from now on must not be shown as public any longer; its lifetime is asked for anew anyway. */
const scopesOf = ({ hints }: Description): string =>
  Object.entries(hints)
    .map(([listing, { cacheScope }]) => `${listing} ${cacheScope}`)
    .sort()
    .join();

import { LRUCache } from 'lru-cache';
import { ResourceChanged } from '#contracts/ingress/resource-changed.signal';
import type { Answer, Body, Bus, Subscription } from '#libs/bus';
import { heapShare } from '#libs/resilience';
import { UpstreamConsentChanged, UpstreamCredentialChanged } from '#contracts/auth/credential-revoked.event';
import { CatalogChanged } from '#contracts/registry/catalog-changed.event';
import type { CallAnswer } from '#contracts/tool-invocation/execute-call.request';
import { UpstreamListChanged } from '#contracts/tool-invocation/upstream-list-changed.event';
import { UpstreamResourceChanged } from '#contracts/tool-invocation/upstream-resource-changed.event';
import { cacheCounts } from '#libs/telemetry';
import type { RoutedCall } from '../call/index.js';
import type { CallJournal } from './call-journal.js';

export interface ResourceCacheSettings {
  /** 0: nothing is kept. */
  readonly size: number;
  readonly ttlMsMax: number;
}

type Result = Extract<CallAnswer, { kind: 'result' }>;

interface Kept {
  readonly upstreamId: string;
  readonly uri: string;
  readonly head: Result & { readonly ttlMs: number };
  readonly body: Body;
  readonly instance: string;
  readonly receivedAtMs: number;
}

const found = cacheCounts('resources');

const CHARS_MAX = Math.min(64 * 1024 * 1024, heapShare(1 / 16));
const CHARS_EACH_MAX = 1024 * 1024;
/** All that a read may depend on, if it is to be kept. */
const PLAIN_PARAMS = new Set(['uri', '_meta']);

/**
 * What resources held when they were read, for as long as their upstream says that they still do. What is `public` is
 * for everybody who may read the resource, which is found out anew each time; the rest is for the same credential.
 * https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching
 */
export class ResourceCache {
  private readonly kept: LRUCache<string, Kept> | null;
  private readonly subscriptions: Subscription[];
  /** Grows with every change heard, so that what was read before it is not kept after it. */
  private changes = 0;

  constructor(
    private readonly bus: Bus,
    private readonly journal: CallJournal,
    private readonly settings: ResourceCacheSettings,
  ) {
    const { size, ttlMsMax } = settings;
    this.kept =
      size === 0
        ? null
        : new LRUCache({
            max: size,
            ttl: ttlMsMax,
            maxSize: CHARS_MAX,
            maxEntrySize: CHARS_EACH_MAX,
            sizeCalculation: ({ body, uri }) => body.length + uri.length,
          });
    this.subscriptions = [
      bus.subscribe(CatalogChanged, ({ upstreamIds, serverIds }) => {
        if (upstreamIds.length > 0) for (const id of upstreamIds) this.drop(({ upstreamId }) => upstreamId === id);
        else if (serverIds.length === 0) this.drop(() => true);
      }),
      bus.subscribe(UpstreamListChanged, ({ upstreamId: changed, list }) => {
        if (list === 'resources') this.drop(({ upstreamId }) => upstreamId === changed);
      }),
      bus.subscribe(UpstreamCredentialChanged, (change) =>
        this.drop(({ upstreamId }) => upstreamId === change.upstreamId),
      ),
      bus.subscribe(UpstreamConsentChanged, (change) =>
        this.drop(({ upstreamId }) => upstreamId === change.upstreamId),
      ),
      bus.subscribe(ResourceChanged, ({ upstreamId, uri, by }) => {
        if (by !== bus.instance) this.dropResource(upstreamId, uri);
      }),
      bus.subscribe(UpstreamResourceChanged, ({ upstreamId, uri }) => this.dropResource(upstreamId, uri)),
      bus.onReconnect(() => this.drop(() => true)),
    ];
  }

  /** Answers from what is kept, else by `read`. */
  async answer(call: RoutedCall, read: () => Promise<Answer<CallAnswer>>): Promise<Answer<CallAnswer>> {
    const known = this.find(call);
    if (known !== null) {
      found.hits++;
      this.journal.answered(call, Buffer.byteLength(known.body ?? ''));
      return known;
    }
    found.misses++;
    const changesBefore = this.changes;
    const answer = await read();
    if (this.changes === changesBefore) this.keep(call, answer);
    return answer;
  }

  /** An upstream has said that a resource is no longer what it was. */
  changed(upstreamId: string, uri: string): void {
    this.bus.signal(ResourceChanged, { upstreamId, uri, by: this.bus.instance });
    this.dropResource(upstreamId, uri);
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.close();
    this.kept?.clear();
  }

  private find(call: RoutedCall): Answer<CallAnswer> | null {
    const kept = this.kept?.get(publicKey(call)) ?? this.kept?.get(privateKey(call));
    if (kept === undefined) return null;
    const { head, body, instance, receivedAtMs } = kept;
    // The clock may have been set meanwhile: no time is longer than what was said, or less than none.
    const ttlMs = Math.max(0, head.ttlMs - Math.max(0, Date.now() - receivedAtMs));
    return { head: { ...head, ttlMs }, body, instance };
  }

  private keep(call: RoutedCall, { head, body, instance }: Answer<CallAnswer>): void {
    if (head.kind !== 'result' || body === undefined || !(head.ttlMs !== undefined && head.ttlMs > 0)) return;
    const ttl = Math.min(head.ttlMs, this.settings.ttlMsMax);
    const { upstreamId, target: uri } = call.outgoing;
    // Bytes are a part of what came with them, which would be kept as well.
    const own = typeof body === 'string' ? body : Buffer.from(body);
    const kept = {
      upstreamId,
      uri,
      head: { ...head, ttlMs: head.ttlMs },
      body: own,
      instance,
      receivedAtMs: Date.now(),
    };
    this.kept?.set(head.cacheScope === 'public' ? publicKey(call) : privateKey(call), kept, { ttl });
  }

  private dropResource(upstreamId: string, uri: string): void {
    this.drop((kept) => kept.upstreamId === upstreamId && kept.uri === uri);
  }

  private drop(isMeant: (kept: Kept) => boolean): void {
    this.changes++;
    for (const [key, kept] of this.kept?.entries() ?? []) if (isMeant(kept)) this.kept?.delete(key);
  }
}

/** Whether nothing but the resource and who asks decides over the answer. */
export const isPlainRead = ({ outgoing, request, parked, catalog }: RoutedCall): boolean =>
  outgoing.method === 'resources/read' &&
  parked === null &&
  // That a call comes through this gateway alone decides nothing: all that are kept do.
  (outgoing.meta === undefined || outgoing.meta === catalog.metaOfFirst) &&
  outgoing.passedHeaders === undefined &&
  outgoing.dedicatedSession?.renewable !== false &&
  Object.keys(request.params.value).every((name) => PLAIN_PARAMS.has(name));

const publicKey = ({ catalog: { era }, outgoing }: RoutedCall): string =>
  JSON.stringify([outgoing.upstreamId, outgoing.target, era]);

const privateKey = ({ catalog, outgoing: { upstreamId, target, principal, dedicatedSession } }: RoutedCall): string =>
  JSON.stringify([upstreamId, target, catalog.era, principal.id, principal.tokenId, dedicatedSession?.key]);

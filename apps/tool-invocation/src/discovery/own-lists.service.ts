import { Inject, Injectable } from '@nestjs/common';
import type { ReplyOf, RequestOf } from '#contracts/define';
import {
  type DescribeOwnLists,
  type OwnEntry,
  type OwnLists,
  OwnListsChanged,
} from '#contracts/tool-invocation/own-lists.request';
import { type Bus, InjectBus } from '#libs/bus';
import type { ListKind } from '#libs/mcp';
import { LOGGER, type Logger } from '#libs/telemetry';
import type { Peer } from '../conversation/peer.js';
import type { Upstream } from '../upstreams/upstream.js';
import { UpstreamDirectory } from '../upstreams/upstream-directory.js';
import { type Lists, readLists } from './lists.js';

/** Several lists change together, and some servers say so again and again. */
const SETTLE_MS = 250;
const PAUSE_MS = 1_000;
/** Of all definitions together; what is beyond is not listed. */
const CHARS_MAX = 512 * 1024;

type Listed = Pick<Lists, 'tools' | 'prompts' | 'resources' | 'resourceTemplates' | 'incomplete'>;

interface OwnProcess {
  readonly owner: string;
  lists: OwnLists | null;
  timer: NodeJS.Timeout | undefined;
  readAtMs: number;
}

/**
 * What the processes of an upstream list that are not the one which is looked over: a call may change what its own
 * process offers. When such a process says that it has changed, its lists are read and compared with those for everybody.
 */
@Injectable()
export class OwnListsService {
  private readonly common = new WeakMap<Upstream, Listed>();
  private readonly processes = new Map<Peer, OwnProcess>();

  constructor(
    private readonly directory: UpstreamDirectory,
    @InjectBus() private readonly bus: Bus,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    directory.ownLists = {
      changed: (upstream, peer, owner) => this.schedule(upstream, peer, owner),
      ended: (upstream, peer) => this.forget(upstream, peer),
    };
  }

  /** What is listed for everybody. */
  lookedOver(upstream: Upstream, lists: Listed): void {
    if (upstream.kind !== 'stdio') return;
    this.common.set(upstream, lists);
    for (const peer of upstream.openPeers()) {
      const known = this.processes.get(peer);
      if (known !== undefined) this.schedule(upstream, peer, known.owner);
    }
  }

  async describe(request: RequestOf<typeof DescribeOwnLists>): Promise<ReplyOf<typeof DescribeOwnLists>> {
    const { upstreamId, principalId, capabilities, revision, clientKey: key, dedicatedSession } = request;
    const upstream = await this.directory.upstream(upstreamId);
    const access = await this.directory.credentials.access(upstreamId, principalId);
    const peer = upstream.openPeer(access, {
      client: { info: null, capabilities, revision, ...(key !== undefined && { key }) },
      principal: { id: principalId, tokenId: null },
      ...(dedicatedSession && { dedicatedSession }),
    });
    return { lists: (peer && this.processes.get(peer)?.lists) ?? null };
  }

  close(): void {
    for (const { timer } of this.processes.values()) clearTimeout(timer);
  }

  private schedule(upstream: Upstream, peer: Peer, owner: string): void {
    let known = this.processes.get(peer);
    if (known === undefined) {
      known = { owner, lists: null, timer: undefined, readAtMs: Number.NEGATIVE_INFINITY };
      this.processes.set(peer, known);
    }
    const waitMs = Math.max(SETTLE_MS, known.readAtMs + PAUSE_MS - performance.now());
    known.timer ??= setTimeout(() => {
      known.timer = undefined;
      known.readAtMs = performance.now();
      this.read(upstream, peer, known).catch((error: unknown) =>
        this.logger.debug({ err: error, upstreamId: upstream.profile.id }, 'the lists of a process cannot be read'),
      );
    }, waitMs).unref();
  }

  private async read(upstream: Upstream, peer: Peer, known: OwnProcess): Promise<void> {
    const [common, own] = await Promise.all([this.commonOf(upstream), readLists(peer)]);
    if (this.processes.get(peer) !== known) return;
    const lists = differenceOf(common, own);
    if (JSON.stringify(lists) === JSON.stringify(known.lists)) return;
    known.lists = lists;
    this.tell(upstream, known.owner);
  }

  private async commonOf(upstream: Upstream): Promise<Listed> {
    const known = this.common.get(upstream);
    if (known !== undefined) return known;
    const access = await this.directory.credentials.access(upstream.profile.id, '');
    const first = await upstream.overview(access);
    const lists = await readLists((await upstream.sessionOverview(access)) ?? first);
    this.common.set(upstream, lists);
    return lists;
  }

  private forget(upstream: Upstream, peer: Peer): void {
    const known = this.processes.get(peer);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.processes.delete(peer);
    if (known.lists !== null) this.tell(upstream, known.owner);
  }

  private tell({ profile: { id: upstreamId } }: Upstream, owner: string): void {
    this.bus.publish(OwnListsChanged, { upstreamId, owner, instance: this.bus.instance });
  }
}

/** `null`: there is none. Of a list that was not read whole nothing is missing. */
const differenceOf = (common: Listed, own: Listed): OwnLists | null => {
  const before = new Map(entriesOf(common).map((entry) => [keyOf(entry), entry]));
  const entries: OwnEntry[] = [];
  let left = CHARS_MAX;
  for (const entry of entriesOf(own)) {
    const key = keyOf(entry);
    const known = before.get(key);
    before.delete(key);
    if (known?.definition === entry.definition) continue;
    left -= entry.definition.length;
    if (left >= 0) entries.push(entry);
  }
  const missing = [...before.values()]
    .filter(({ list }) => own.incomplete?.includes(list) !== true)
    .map(({ list, name }) => ({ list, name }));
  return entries.length === 0 && missing.length === 0 ? null : { entries, missing };
};

const keyOf = ({ list, name }: { readonly list: ListKind; readonly name: string }): string => `${list} ${name}`;

const entriesOf = ({ tools, prompts, resources, resourceTemplates }: Listed): OwnEntry[] => [
  ...tools.map((tool) => ({ list: 'tools' as const, ...tool })),
  ...prompts.map((prompt) => ({ list: 'prompts' as const, ...prompt, headerParams: [] })),
  ...resources.map(({ uri, definition }) => ({ list: 'resources' as const, name: uri, definition, headerParams: [] })),
  ...resourceTemplates.map(({ uriTemplate, definition }) => ({
    list: 'resourceTemplates' as const,
    name: uriTemplate,
    definition,
    headerParams: [],
  })),
];

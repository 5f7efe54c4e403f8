import {
  ALL_CAPABILITIES,
  headerMirrorsOf,
  type HeaderMirror,
  type IncomingNotification,
  type IncomingRequest,
} from '#libs/mcp';
import { SlotMap } from '#libs/bus';
import type { OpenCall } from '../../call/open-call.js';
import type { Channel } from '../../transport/channel.js';
import { listPages } from '../list-pages.js';
import { LogOwners } from '../log-owners.js';
import { takeHint } from '../notifications.js';
import type { Peer, PeerEvents, PeerIdentity, TaskListener, Watched } from '../peer.js';
import { request, type Response } from '../request.js';
import { ModernCall, type ModernCallOwner } from './call.js';
import { modernHeaders, modernMeta } from './request.js';
import { followModernTasks } from './tasks.js';
import { ModernWatch } from './watch.js';

const REFRESH_MS = 10_000;

/** An upstream of 2026-07-28: there is no session, every request is complete in itself. */
export class ModernPeer implements Peer, ModernCallOwner {
  usedAtMs = performance.now();
  private readonly calls = new SlotMap<ModernCall>();
  private readonly followers = new Set<TaskListener>();
  private readonly watcher: ModernWatch;
  readonly logs: LogOwners;

  constructor(
    public identity: PeerIdentity,
    readonly channel: Channel,
    readonly overHttp: boolean,
    readonly events: PeerEvents,
  ) {
    this.logs = new LogOwners(this.calls, events);
    this.watcher = new ModernWatch(channel, overHttp, ALL_CAPABILITIES, events);
  }

  get closed(): boolean {
    return this.channel.closed;
  }

  get uses(): number {
    // A process is not kept for its lists alone: it is listed anew when it is begun again.
    const watches = this.overHttp ? this.watcher.active : this.watcher.followsResources;
    return this.calls.size + this.followers.size + (watches ? 1 : 0);
  }

  start(call: OpenCall): void {
    const running = new ModernCall(this, call);
    this.calls.add(running);
    running.send();
  }

  done(call: ModernCall): void {
    this.calls.delete(call);
    if (!this.overHttp) this.logs.ended(call.open);
    this.usedAtMs = performance.now();
  }

  request(method: string, params: object, timeoutMs: number): Promise<Response> {
    this.usedAtMs = performance.now();
    return request(this.channel, method, params, modernMeta(ALL_CAPABILITIES), {
      timeoutMs,
      headers: modernHeaders(method),
    });
  }

  watch(watched: Watched): void {
    this.watcher.set(watched);
  }

  watching(): Promise<void> {
    return this.watcher.standing();
  }

  followTasks(listener: TaskListener): () => void {
    this.followers.add(listener);
    const stop = followModernTasks(this.channel, this.overHttp, listener);
    return () => {
      this.followers.delete(listener);
      stop();
    };
  }

  retire(): void {
    for (const listener of this.followers) listener.onEnd();
  }

  /** Messages on a pipe that belong to no request by their form alone. */
  received(message: IncomingNotification | IncomingRequest): void {
    if (message.kind === 'request') return;
    const { progressToken } = message.params;
    for (const call of this.calls) {
      if (message.method === 'notifications/progress' && call.exchange.id === progressToken)
        return call.notified(message);
    }
    if (message.method === 'notifications/message') this.logs.take(message);
    else takeHint(message, this.events);
  }

  holdMs(open: OpenCall): number {
    return this.overHttp ? 0 : this.logs.holdMs(open);
  }

  async mirrorsOf(tool: string): Promise<readonly HeaderMirror[]> {
    const pages = listPages(this, 'tools/list', 'tools', REFRESH_MS);
    for await (const { texts } of pages) {
      for (const text of texts) {
        const definition = JSON.parse(text) as { name?: unknown; inputSchema?: unknown };
        if (definition.name !== tool) continue;
        const read = headerMirrorsOf(definition.inputSchema);
        return 'mirrors' in read ? read.mirrors : [];
      }
    }
    return [];
  }

  async close(): Promise<void> {
    this.watcher.close();
    await this.channel.close();
  }
}

import { fail, GatewayError } from '#libs/errors';
import type { IncomingNotification, IncomingRequest } from '#libs/mcp';
import type { Access, Channel, ChannelEvents, Transport, TransportKind } from '../transport/channel.js';
import { LegacyPeer } from './legacy/peer.js';
import { ModernPeer } from './modern/peer.js';
import type { Peer, PeerEvents } from './peer.js';
import { discover, judge, probeEra, type Verdict } from './era-probe.js';

/** A server that has not answered the probe by then is sent `initialize` as well; it may only be slow. */
const PROBE_WAIT_MS = 2_000;

/** Opens conversations with one upstream. */
export interface UpstreamDialer {
  /** What it speaks, once that has been found out. */
  verdict: Verdict | undefined;
  readonly judgementAgeMs: number;
  dial(access: Access, capabilities: Readonly<Record<string, unknown>>, events: PeerEvents): Promise<Peer>;
  recheck(access: Access): Promise<void>;
  settle(verdict: Verdict): void;
}

/** The dialer of an MCP server, which finds out which era it speaks. */
export class Dialer implements UpstreamDialer {
  verdict: Verdict | undefined;
  private judgedAtMs = 0;

  constructor(
    private readonly transport: Transport,
    private readonly kind: TransportKind,
    private readonly timeoutMs: number,
  ) {
    // HTTP+SSE is older than every era but its own.
    if (kind === 'sse') this.settle({ era: 'legacy' });
  }

  get judgementAgeMs(): number {
    return performance.now() - this.judgedAtMs;
  }

  /** Rejects with `upstream.not_mcp`, or with the failure of reaching the upstream. */
  async dial(access: Access, capabilities: Readonly<Record<string, unknown>>, events: PeerEvents): Promise<Peer> {
    const { verdict } = this;
    const line = await this.open(access, events);
    try {
      if (verdict === undefined)
        return await (this.kind === 'stdio'
          ? this.sound(line, access, capabilities, events)
          : this.probe(line, capabilities, events));
      if (verdict.era === 'modern') return this.modern(line, verdict, events);
      return await this.legacy(line, capabilities, events);
    } catch (error) {
      await line.channel.close().catch(() => {});
      throw error;
    }
  }

  /** Probes a legacy upstream again: it may speak 2026-07-28 by now. */
  async recheck(access: Access): Promise<void> {
    const line = await this.open(access, UNHEARD);
    try {
      this.settle(await probeEra(line.channel, {}, this.timeoutMs));
    } finally {
      await line.channel.close().catch(() => {});
    }
  }

  private async open(access: Access, events: PeerEvents): Promise<Line> {
    const target = new LateEvents(events);
    return { channel: await this.transport.open(access, target), target };
  }

  private async probe(line: Line, capabilities: Readonly<Record<string, unknown>>, events: PeerEvents): Promise<Peer> {
    const verdict = await probeEra(line.channel, capabilities, this.timeoutMs);
    const peer =
      verdict.era === 'modern' ? this.modern(line, verdict, events) : await this.legacy(line, capabilities, events);
    this.settle(verdict);
    return peer;
  }

  /**
   * Over a pipe there is no status to tell the eras apart, a legacy server may be silent, slow or die of the probe.
   * So: probe; if it does not answer soon, shake hands as well; if it died of it, do so with a new process.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio#backward-compatibility
   */
  private async sound(
    line: Line,
    access: Access,
    capabilities: Readonly<Record<string, unknown>>,
    events: PeerEvents,
  ): Promise<Peer> {
    const probed = discover(line.channel, capabilities, this.timeoutMs).then(judge);
    const early = await Promise.race([probed.catch(() => null), probeWait()]);
    if (early?.era === 'modern') {
      this.settle(early);
      return this.modern(line, early, events);
    }
    try {
      const handshake: Promise<Peer> = this.legacy(line, capabilities, events);
      const late = probed.then(
        async (verdict): Promise<ModernVerdict | Peer> => (verdict.era === 'modern' ? verdict : handshake),
        (): Promise<Peer> => handshake,
      );
      const outcome: ModernVerdict | Peer = await Promise.any([handshake, late]);
      const isPeer = 'identity' in outcome && 'start' in outcome;
      this.settle(isPeer ? { era: 'legacy' } : outcome);
      return isPeer ? outcome : this.modern(line, outcome, events);
    } catch (error) {
      if (!line.channel.closed) throw error instanceof AggregateError ? error.errors[0] : error;
    }
    const fresh = await this.open(access, events);
    try {
      const session = await this.legacy(fresh, capabilities, events);
      this.settle({ era: 'legacy' });
      return session;
    } catch (error) {
      await fresh.channel.close().catch(() => {});
      throw error instanceof GatewayError && error.code === 'upstream.closed'
        ? fail('upstream.not_mcp', {
            message: 'The process of the upstream ends before it answers',
            executed: 'no',
            cause: error,
          })
        : error;
    }
  }

  private modern(line: Line, verdict: ModernVerdict, events: PeerEvents): ModernPeer {
    const peer = new ModernPeer(verdict.identity, line.channel, this.kind !== 'stdio', events);
    line.target.receiver = peer;
    return peer;
  }

  private async legacy(
    line: Line,
    capabilities: Readonly<Record<string, unknown>>,
    events: PeerEvents,
  ): Promise<LegacyPeer> {
    const session = await LegacyPeer.open(line.channel, {
      capabilities,
      events,
      timeoutMs: this.timeoutMs,
      pinnedByLists: this.kind !== 'stdio',
    });
    line.target.receiver = session;
    return session;
  }

  /** Keeps what the upstream was just found to speak. */
  settle(verdict: Verdict): void {
    this.verdict = verdict;
    this.judgedAtMs = performance.now();
  }
}

const UNHEARD: PeerEvents = {
  listChanged: () => {},
  resourceUpdated: () => {},
  invalidated: () => {},
  closed: () => {},
};

type ModernVerdict = Extract<Verdict, { era: 'modern' }>;

interface Line {
  readonly channel: Channel;
  readonly target: LateEvents;
}

/** A channel needs its events before there is a peer to receive them. */
class LateEvents implements ChannelEvents {
  receiver: (Pick<ChannelEvents, 'received'> & Partial<Pick<ChannelEvents, 'answeredLate'>>) | undefined;

  constructor(private readonly events: PeerEvents) {}

  received(message: IncomingRequest | IncomingNotification): void {
    this.receiver?.received(message);
  }

  answeredLate(id: unknown): void {
    this.receiver?.answeredLate?.(id);
  }

  invalidated(): void {
    this.events.invalidated();
  }

  closed(): void {
    this.events.closed();
  }
}

const probeWait = (): Promise<null> => new Promise((resolve) => setTimeout(resolve, PROBE_WAIT_MS, null).unref());

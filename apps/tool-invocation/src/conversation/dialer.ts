import type { Era } from '#contracts/tool-invocation/discover-upstream.request';
import { fail, GatewayError } from '#libs/errors';
import type { IncomingNotification, IncomingRequest } from '#libs/mcp';
import type { Access, Channel, ChannelEvents, Transport, TransportKind } from '../transport/channel.js';
import type { CheckedAddresses } from './address-checks.js';
import { LegacyPeer } from './legacy/peer.js';
import { ModernPeer } from './modern/peer.js';
import type { Peer, PeerEvents } from './peer.js';
import { discover, judge, mayBeOlder, type ModernVerdict, probeEra } from './era-probe.js';
import { SpokenEras } from './spoken-eras.js';

/** Over a pipe: a server that has not answered the probe by then is sent `initialize` as well; it may only be slow. */
const PROBE_WAIT_MS = 2_000;
/** Of the time that connecting may take: how long an attempt may be silent that is not the last. */
const ATTEMPT_SHARE = 1 / 3;

type Json = Readonly<Record<string, unknown>>;

/** Opens conversations with one upstream. */
export interface UpstreamDialer {
  readonly spoken: SpokenEras;
  /** Where the upstream has several. */
  readonly addresses?: CheckedAddresses | undefined;
  /** In the `era` given, or in the one that the upstream is found to speak first. */
  dial(access: Access, capabilities: Json, events: PeerEvents, era?: Era): Promise<Peer>;
  /** Asks an upstream again that spoke one era alone: it may have learnt the other. */
  recheck(access: Access): Promise<void>;
}

/** The dialer of an MCP server, which finds out which eras it speaks. */
export class Dialer implements UpstreamDialer {
  readonly spoken: SpokenEras;

  constructor(
    private readonly transport: Transport,
    private readonly kind: TransportKind,
    private readonly timeoutMs: number,
    only: Era | null,
    readonly addresses?: CheckedAddresses,
  ) {
    // HTTP+SSE is older than every era but its own.
    this.spoken = new SpokenEras(kind === 'sse' ? 'legacy' : only);
  }

  /** Rejects with `upstream.not_mcp`, or with the failure of reaching the upstream. */
  async dial(access: Access, capabilities: Json, events: PeerEvents, era?: Era): Promise<Peer> {
    const { verdict } = this.spoken;
    const line = await this.open(access, events);
    try {
      if (verdict === undefined)
        return await (this.kind === 'stdio'
          ? this.sound(line, access, capabilities, events)
          : this.probe(line, capabilities, events));
      if (verdict.era === 'legacy') return await this.legacy(line, capabilities, events);
      if (era === 'legacy') return await this.beside(line, capabilities, events);
      return this.modern(line, verdict, events);
    } catch (error) {
      await line.channel.close().catch(() => {});
      throw error;
    }
  }

  async recheck(access: Access): Promise<void> {
    const line = await this.open(access, UNHEARD);
    try {
      if (this.spoken.verdict?.era === 'modern') await this.beside(line, {}, UNHEARD);
      else this.spoken.settle(await probeEra(line.channel, {}, this.timeoutMs * ATTEMPT_SHARE));
    } finally {
      await line.channel.close().catch(() => {});
    }
  }

  private async open(access: Access, events: PeerEvents): Promise<Line> {
    const target = new LateEvents(events);
    return { channel: await this.transport.open(access, target), target };
  }

  private async probe(line: Line, capabilities: Json, events: PeerEvents): Promise<Peer> {
    const startedAtMs = performance.now();
    const verdict = await probeEra(line.channel, capabilities, this.timeoutMs * ATTEMPT_SHARE);
    if (verdict.era === 'modern') return this.settled(line, verdict, events);
    const { otherwise } = verdict;
    if (this.spoken.only === 'modern') {
      if (otherwise === undefined) throw notModern();
      return this.settled(line, otherwise, events);
    }
    try {
      const leftMs = this.timeoutMs - (performance.now() - startedAtMs);
      const session = await this.legacy(line, capabilities, events, leftMs);
      this.spoken.settle({ era: 'legacy' });
      return session;
    } catch (error) {
      if (otherwise === undefined || !refusesSessions(error, false)) throw error;
      this.spoken.triedSession(false);
      return this.settled(line, otherwise, events);
    }
  }

  /** A session with an upstream that speaks 2026-07-28 as well, if it has sessions at all. */
  private async beside(line: Line, capabilities: Json, events: PeerEvents): Promise<Peer> {
    const isKnown = this.spoken.hasOpenedSession;
    try {
      const timeoutMs = isKnown ? this.timeoutMs : this.timeoutMs * ATTEMPT_SHARE;
      const session = await this.legacy(line, capabilities, events, timeoutMs);
      this.spoken.triedSession(true);
      return session;
    } catch (error) {
      if (refusesSessions(error, isKnown)) this.spoken.triedSession(false);
      throw error;
    }
  }

  /**
   * Over a pipe there is no status to tell the eras apart, a legacy server may be silent, slow or die of the probe.
   * So: probe; if it does not answer soon, shake hands as well; if it died of it, do so with a new process.
   * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio#backward-compatibility
   */
  private async sound(line: Line, access: Access, capabilities: Json, events: PeerEvents): Promise<Peer> {
    const probed = discover(line.channel, capabilities, this.timeoutMs).then(judge);
    const { only } = this.spoken;
    const early = await (only === 'modern' ? probed : Promise.race([probed.catch(() => null), probeWait()]));
    if (early?.era === 'modern') return this.settled(line, early, events);
    if (only === 'modern') throw notModern();
    try {
      const handshake: Promise<Peer> = this.legacy(line, capabilities, events);
      const late = probed.then(
        async (verdict): Promise<ModernVerdict | Peer> => (verdict.era === 'modern' ? verdict : handshake),
        (): Promise<Peer> => handshake,
      );
      const outcome: ModernVerdict | Peer = await Promise.any([handshake, late]);
      const isPeer = 'identity' in outcome && 'start' in outcome;
      if (!isPeer) return this.settled(line, outcome, events);
      this.spoken.settle({ era: 'legacy' });
      return outcome;
    } catch (error) {
      if (!line.channel.closed) throw error instanceof AggregateError ? error.errors[0] : error;
    }
    const fresh = await this.open(access, events);
    try {
      const session = await this.legacy(fresh, capabilities, events);
      this.spoken.settle({ era: 'legacy' });
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

  private settled(line: Line, verdict: ModernVerdict, events: PeerEvents): ModernPeer {
    this.spoken.settle(verdict);
    return this.modern(line, verdict, events);
  }

  private modern(line: Line, verdict: ModernVerdict, events: PeerEvents): ModernPeer {
    const peer = new ModernPeer(verdict.identity, line.channel, this.kind !== 'stdio', events);
    line.target.receiver = peer;
    return peer;
  }

  private async legacy(
    line: Line,
    capabilities: Json,
    events: PeerEvents,
    timeoutMs = this.timeoutMs,
  ): Promise<LegacyPeer> {
    const session = await LegacyPeer.open(line.channel, {
      capabilities,
      events,
      timeoutMs,
      pinnedByLists: this.kind !== 'stdio',
    });
    line.target.receiver = session;
    return session;
  }
}

const UNHEARD: PeerEvents = {
  listChanged: () => {},
  resourceUpdated: () => {},
  resourceHinted: () => {},
  logged: () => {},
  elicitationCompleted: () => {},
  invalidated: () => {},
  closed: () => {},
  passedOver: () => {},
};

/**
 * Whether this is how a server of 2026-07-28 alone turns `initialize` away. One that has opened sessions before says so in
 * plain words; its other failures pass.
 */
const refusesSessions = (error: unknown, isKnown: boolean): boolean => {
  if (!(error instanceof GatewayError)) return false;
  if (error.code === 'upstream.not_mcp') return true;
  return isKnown ? error.code === 'upstream.invalid_answer' : mayBeOlder(error);
};

const notModern = (): GatewayError =>
  fail('upstream.not_mcp', {
    message: 'The upstream does not speak 2026-07-28, in which alone its gateway is to speak to it',
    executed: 'no',
  });

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

import type { IncomingNotification } from '#libs/mcp';
import { isAtLeast } from '#libs/mcp';
import type { LogLevel } from '#contracts/tool-invocation/execute-call.request';
import { ownerOf } from '../call/owner.js';
import type { OpenCall } from '../call/open-call.js';
import { logFrameOf } from './notifications.js';
import type { PeerEvents } from './peer.js';

/** How long after a call a log message may still be its own: some servers write it just after the result. */
const LATE_MS = 100;
/** For which the answer waits, where its client wants log messages and can be given none after it. */
const HELD_MS = 100;
/** As many answers wait until it is known whether this upstream writes behind its results at all. */
const TRIALS = 3;
const PER_SECOND_MAX = 200;

interface PastCall {
  readonly client: string;
  readonly clientKey: string | undefined;
  readonly level: LogLevel;
  readonly endedAtMs: number;
}

/**
 * Whose the log messages are that come on no call's stream. As with questions, there is an owner only where all that may
 * have written them is of one client: the calls that are open and the last one that was, for a moment after it.
 */
export class LogOwners {
  /** The session whose alone the conversation is, by its key: all is for it. */
  alone: string | undefined;
  private last: PastCall | undefined;
  private trialsLeft = TRIALS;
  private writesLate = false;
  /** Answered by the upstream, but held back. */
  private readonly held = new Set<OpenCall>();
  private second = 0;
  private told = 0;

  constructor(
    private readonly calls: Iterable<{ readonly open: OpenCall }>,
    private readonly events: Pick<PeerEvents, 'logged'>,
  ) {}

  /** How long the answer of a call is to be held back, in milliseconds: it is the last that reaches a client without a session. */
  holdMs(open: OpenCall): number {
    if (open.logLevel === undefined || open.call.client.key !== undefined) return 0;
    if (!this.writesLate && this.trialsLeft-- <= 0) return 0;
    this.held.add(open);
    return HELD_MS;
  }

  ended(open: OpenCall): void {
    const { call, logLevel: level } = open;
    this.held.delete(open);
    if (level === undefined) return;
    this.last = { client: clientOf(call), clientKey: call.client.key, level, endedAtMs: performance.now() };
  }

  take(message: IncomingNotification): void {
    const frame = logFrameOf(message);
    if (frame === null) return;
    const { last } = this;
    const isLate = last !== undefined && performance.now() - last.endedAtMs <= LATE_MS;
    let newest: OpenCall | undefined;
    for (const { open } of this.calls) {
      if (newest !== undefined && ownerOf(newest.call) !== ownerOf(open.call)) return;
      if (isLate && clientOf(open.call) !== last.client) return;
      newest = open;
    }
    this.writesLate ||= newest === undefined ? isLate : this.held.has(newest);
    if (newest !== undefined) return newest.log(frame);
    if (last === undefined || !isAtLeast(frame.level, last.level)) return;
    const clientKey = isLate ? last.clientKey : this.alone === last.clientKey ? this.alone : undefined;
    if (clientKey !== undefined && this.mayTell()) this.events.logged(clientKey, frame);
  }

  private mayTell(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) this.told = 0;
    this.second = second;
    return ++this.told <= PER_SECOND_MAX;
  }
}

/** Clients without a session are told apart by whose they are alone, once their calls are over. */
const clientOf = ({ client, principal }: OpenCall['call']): string => client.key ?? `principal ${principal.id}`;

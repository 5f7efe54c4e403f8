import { createHmac } from 'node:crypto';
import type { Bus, Subscription } from '#libs/bus';
import type { KeyAnnouncement } from '#libs/contracts';
import type { Logger } from '#libs/telemetry';

/** How often a replica says what it has, and after how many silences it is taken to have gone. */
const ANNOUNCE_MS = 30_000;
const SILENCES_MAX = 3;
const DIGEST_CHARS = 16;

interface Heard {
  readonly differing: readonly string[];
  readonly atMs: number;
}

/** How the replicas of one service reach each other: by a signal of that service. */
export interface ReplicaLine {
  readonly publish: (announcement: KeyAnnouncement) => void;
  readonly subscribe: (handler: (announcement: KeyAnnouncement) => void) => Subscription;
}

/**
 * Notices that replicas of one service were given different keys, which shows otherwise only as states and tokens that are
 * good at one and not at another. Keys that differ do no harm while each replica accepts the other's, as when they are
 * changed one replica after another. Replicas tell each other digests, from which no key can be had.
 */
export class ReplicaKeys {
  private readonly digests: Readonly<Record<string, string>>;
  private readonly accepted: Readonly<Record<string, readonly string[]>>;
  private readonly heard = new Map<string, Heard>();
  private readonly subscriptions: readonly Subscription[];
  private readonly timer: NodeJS.Timeout;

  /** `keys` by the name of the setting: the one in use first, then others that are accepted. */
  constructor(
    private readonly bus: Bus,
    private readonly line: ReplicaLine,
    keys: Readonly<Record<string, readonly string[]>>,
    private readonly logger: Logger,
  ) {
    const digests = Object.entries(keys).map(([name, all]) => [name, all.map((key) => digestOf(name, key))] as const);
    this.digests = Object.fromEntries(digests.map(([name, [current = '']]) => [name, current]));
    this.accepted = Object.fromEntries(digests.map(([name, [, ...others]]) => [name, others]));
    this.subscriptions = [
      line.subscribe((announcement) => this.compare(announcement)),
      bus.onReconnect(() => this.announce(true)),
    ];
    this.timer = setInterval(() => this.announce(false), ANNOUNCE_MS);
    this.timer.unref();
    this.announce(true);
  }

  /** The settings that other replicas have otherwise; for `/ready`. `null`: none. */
  warning(): string | null {
    const goneAtMs = performance.now() - SILENCES_MAX * ANNOUNCE_MS;
    for (const [instance, { atMs }] of this.heard) if (atMs < goneAtMs) this.heard.delete(instance);
    const names = new Set([...this.heard.values()].flatMap(({ differing }) => differing));
    return names.size === 0 ? null : `other replicas have another ${[...names].sort().join(', ')}`;
  }

  close(): void {
    clearInterval(this.timer);
    for (const subscription of this.subscriptions) subscription.close();
  }

  private announce(asks: boolean): void {
    if (!this.bus.connected) return;
    this.line.publish({ by: this.bus.instance, digests: this.digests, accepted: this.accepted, asks });
  }

  private compare({ by, digests, accepted = {}, asks }: KeyAnnouncement): void {
    if (by === this.bus.instance) return;
    const differing = Object.entries(this.digests).flatMap(([name, mine]) => {
      const theirs = digests[name];
      const isGoodAtBoth =
        theirs === undefined ||
        theirs === mine ||
        (this.accepted[name]?.includes(theirs) === true && accepted[name]?.includes(mine) === true);
      return isGoodAtBoth ? [] : [name];
    });
    const before = this.heard.get(by)?.differing ?? [];
    if (differing.length > 0 && differing.join() !== before.join()) {
      this.logger.error({ replica: by, settings: differing }, 'another replica of this service has other keys');
    }
    this.heard.set(by, { differing, atMs: performance.now() });
    if (asks) this.announce(false);
  }
}

/** The keys are strong, which is checked at the start: a digest of one cannot be tried against guesses. */
const digestOf = (name: string, key: string): string =>
  createHmac('sha256', key).update(`switchyard replica key ${name}`).digest('base64url').slice(0, DIGEST_CHARS);

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
  readonly tell: (announcement: KeyAnnouncement) => void;
  readonly hear: (handler: (announcement: KeyAnnouncement) => void) => Subscription;
}

/**
 * Notices that replicas of one service were given different keys, which shows otherwise only as states and tokens that are
 * good at one and not at another. Replicas tell each other a digest, from which no key can be had.
 */
export class ReplicaKeys {
  private readonly digests: Readonly<Record<string, string>>;
  private readonly heard = new Map<string, Heard>();
  private readonly subscriptions: readonly Subscription[];
  private readonly timer: NodeJS.Timeout;

  /** `keys` by the name of the setting that holds each. */
  constructor(
    private readonly bus: Bus,
    private readonly line: ReplicaLine,
    keys: Readonly<Record<string, string>>,
    private readonly logger: Logger,
  ) {
    this.digests = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, digestOf(name, key)]));
    this.subscriptions = [
      line.hear((announcement) => this.hear(announcement)),
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
    this.line.tell({ by: this.bus.instance, digests: this.digests, asks });
  }

  private hear({ by, digests, asks }: KeyAnnouncement): void {
    if (by === this.bus.instance) return;
    const differing = Object.keys(this.digests).filter(
      (name) => digests[name] !== undefined && digests[name] !== this.digests[name],
    );
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

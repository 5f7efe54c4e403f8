import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { ConnectionAnnounced, ConnectionsWanted } from '#contracts/tool-invocation/connectors/connection.signal';
import type { ConnectorConnection } from '#contracts/tool-invocation/connectors/connector-connection';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';
import { SETTINGS, type Settings } from '../tool-invocation.settings.js';

/** Announced every few seconds; what has not been for so long is gone with its instance. */
const FORGOTTEN_AFTER_MS = 20_000;
/** What was served so short a time ago may be about to join again. */
const LATELY_MS = 10_000;

interface Known {
  readonly connection: ConnectorConnection;
  readonly heardAtMs: number;
}

/** The connections of connectors to all instances, as those announce them: which of them serve a name, nearest first. */
@Injectable()
export class JoinedConnectors implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly known = new Map<string, Known>();
  /** When a connection that served the name was last lost. */
  private readonly lostAtMs = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly subscriptions: Subscription[];

  constructor(
    @InjectBus() private readonly bus: Bus,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'zone'>,
  ) {
    this.subscriptions = [
      bus.subscribe(ConnectionAnnounced, ({ connection, isOpen }) =>
        isOpen ? this.joined(connection) : this.forget(connection.id),
      ),
      bus.onReconnect(() => this.askForAll()),
    ];
  }

  onApplicationBootstrap(): void {
    this.askForAll();
  }

  onApplicationShutdown(): void {
    for (const subscription of this.subscriptions) subscription.close();
  }

  /** Those that serve the name: first those in the same zone, then by latency. */
  serving(name: string): readonly ConnectorConnection[] {
    return this.all()
      .filter(({ names }) => names.includes(name))
      .sort((one, other) => this.distance(one) - this.distance(other) || latencyOf(one) - latencyOf(other));
  }

  all(): ConnectorConnection[] {
    const nowMs = performance.now();
    for (const [id, { heardAtMs }] of this.known) if (nowMs - heardAtMs > FORGOTTEN_AFTER_MS) this.forget(id);
    return [...this.known.values()].map(({ connection }) => connection);
  }

  joined(connection: ConnectorConnection): void {
    this.known.set(connection.id, { connection, heardAtMs: performance.now() });
    for (const look of this.waiting) look();
  }

  /** It has closed, or was found to be gone. */
  forget(id: string): void {
    const known = this.known.get(id);
    this.known.delete(id);
    for (const name of known?.connection.names ?? []) this.lostAtMs.set(name, performance.now());
    if (this.lostAtMs.size > 10_000) this.lostAtMs.clear();
  }

  /**
   * What `find` finds as soon as it finds something: at once, or within `waitMs` where the name was served a moment ago,
   * since a connector whose instance is gone joins another.
   */
  async find<Found>(name: string, waitMs: number, find: () => Found | undefined): Promise<Found | undefined> {
    const now = find();
    const isLate = performance.now() - (this.lostAtMs.get(name) ?? Number.NEGATIVE_INFINITY) > LATELY_MS;
    if (now !== undefined || isLate || waitMs <= 0) return now;
    const { promise, resolve } = Promise.withResolvers<Found | undefined>();
    const look = (): void => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => resolve(undefined), waitMs);
    this.waiting.add(look);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(look);
    }
  }

  private askForAll(): void {
    this.bus.signal(ConnectionsWanted, { by: this.bus.instance });
  }

  private distance({ zone }: ConnectorConnection): number {
    return this.settings.zone !== '' && zone === this.settings.zone ? 0 : 1;
  }
}

const latencyOf = ({ latencyMs }: ConnectorConnection): number => latencyMs ?? Number.MAX_SAFE_INTEGER;

import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Permission } from '#contracts/auth/permission';
import type { Principal } from '#contracts/auth/principal';
import type { CallRecord } from '#contracts/metrics/record-calls.request';
import { CallsSeen, CallsWatched } from '#contracts/metrics/tap.signal';
import { STATE_TOPICS, StateChanged, type StateTopic } from '#contracts/registry/state-changed.event';
import { type Bus, InjectBus, type Subscription } from '#libs/bus';
import { fail, toGatewayError } from '#libs/errors';
import { AdminGuard, CallerAdmission, type CredentialCarrier, holds } from '#libs/identity';
import { InjectLogger, type Logger } from '#libs/telemetry';
import { filterOf } from '../call-log/call-filter.js';
import { matching } from './matching.js';
import type { TapQuery } from './tap.query.js';
import { TapViewer } from './viewer.js';

const VIEWERS_MAX = 64;
const VIEWERS_PER_CALLER_MAX = 8;
/** Calls that are known to have been shown: more than are recorded while a batch is on its way for a second time. */
const SHOWN_MAX = 16_384;
const SECOND_MS = 1_000;
/** Seconds between two looks at whether a viewer may still see what it is shown. */
const READMITTED_EVERY_SECONDS = 5;
/** For how long an instance is taken to have viewers that says so every second. */
const WATCHED_MS = 5_000;
/** Records in one message of the bus: some 600 bytes each. */
const RECORDS_PER_MESSAGE = 200;

interface Watching {
  readonly topics: ReadonlySet<StateTopic>;
  readonly viewer: TapViewer;
  readonly caller: Principal;
  readonly request: CredentialCarrier;
}

/**
 * Shows calls to whoever watches, as soon as they are recorded, at whatever instance they were. Others are told only while
 * somebody watches there.
 */
@Injectable()
export class TapService implements BeforeApplicationShutdown {
  private readonly watching = new Set<Watching>();
  /** By call and outcome: what is brought a second time, or to another instance, is shown once. */
  private readonly shown = new LRUCache<string, true>({ max: SHOWN_MAX });
  private readonly subscriptions: readonly Subscription[];
  private watchedElsewhereUntilMs = 0;
  private timer: NodeJS.Timeout | undefined;
  private seconds = 0;

  constructor(
    @InjectBus() private readonly bus: Bus,
    private readonly guard: AdminGuard,
    callers: CallerAdmission,
    @InjectLogger() private readonly logger: Logger,
  ) {
    this.subscriptions = [
      bus.subscribe(CallsWatched, ({ by }) => {
        if (by !== bus.instance) this.watchedElsewhereUntilMs = performance.now() + WATCHED_MS;
      }),
      bus.subscribe(CallsSeen, ({ by, records }) => {
        if (by !== bus.instance) this.show(records);
      }),
      bus.subscribe(StateChanged, ({ topic }) => {
        for (const { viewer, topics } of this.watching) if (topics.has(topic)) viewer.offerState(topic);
      }),
      callers.onForgotten((concerns) => {
        for (const watching of this.watching) if (concerns(watching.caller)) void this.readmit(watching);
      }),
    ];
  }

  /** What was recorded at this instance. Costs nothing while nobody watches. Never throws: they are recorded, shown or not. */
  offer(records: readonly CallRecord[]): void {
    this.show(records);
    try {
      this.tell(records);
    } catch (error) {
      this.logger.warn({ err: error }, 'other instances are not told of calls');
    }
  }

  private tell(records: readonly CallRecord[]): void {
    if (performance.now() >= this.watchedElsewhereUntilMs) return;
    for (let at = 0; at < records.length; at += RECORDS_PER_MESSAGE)
      this.bus.signal(CallsSeen, { by: this.bus.instance, records: records.slice(at, at + RECORDS_PER_MESSAGE) });
  }

  /**
   * Throws `auth.grant_missing` for calls that the caller does not see, `http.rate_limited` where they watch too often
   * already, `http.overloaded` where too many watch.
   */
  watch(query: TapQuery, caller: Principal, request: CredentialCarrier): TapViewer {
    const isAsked = matching(filterOf(query, caller));
    const own = [...this.watching].filter((other) => other.caller.id === caller.id).length;
    if (own >= VIEWERS_PER_CALLER_MAX)
      throw fail('http.rate_limited', {
        message: `Nobody watches calls more than ${VIEWERS_PER_CALLER_MAX} times at once`,
        data: { limitOf: 'taps', kind: 'concurrency', limit: VIEWERS_PER_CALLER_MAX },
      });
    if (this.watching.size >= VIEWERS_MAX) throw fail('http.overloaded');
    const watching = {
      viewer: new TapViewer(isAsked, query.redact),
      caller,
      request,
      topics: new Set(query.state ? topicsOf(caller) : []),
    };
    this.watching.add(watching);
    watching.viewer.once('close', () => this.leave(watching));
    if (this.timer === undefined) {
      this.announce();
      this.timer = setInterval(() => this.tick(), SECOND_MS);
    }
    return watching.viewer;
  }

  beforeApplicationShutdown(): void {
    for (const subscription of this.subscriptions) subscription.close();
    for (const { viewer } of this.watching) viewer.finish('stopping');
    clearInterval(this.timer);
  }

  private show(records: readonly CallRecord[]): void {
    if (this.watching.size === 0) return;
    const fresh = records.filter((record) => !this.shown.has(keyOf(record)));
    for (const record of fresh) this.shown.set(keyOf(record), true);
    for (const { viewer } of this.watching) {
      try {
        for (const record of fresh) viewer.offer(record);
      } catch (error) {
        this.logger.warn({ err: error }, 'a viewer of calls is let go');
        viewer.destroy();
      }
    }
  }

  private leave(watching: Watching): void {
    this.watching.delete(watching);
    if (this.watching.size > 0) return;
    this.shown.clear();
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    this.announce();
    const isTurn = ++this.seconds % READMITTED_EVERY_SECONDS === 0;
    for (const watching of this.watching) {
      watching.viewer.tick();
      if (isTurn) void this.readmit(watching);
    }
  }

  private announce(): void {
    this.bus.signal(CallsWatched, { by: this.bus.instance });
  }

  /** Who sees something else now, or is somebody else, asks again. */
  private async readmit({ viewer, caller, request }: Watching): Promise<void> {
    try {
      const now = await this.guard.admit(request, []);
      if (JSON.stringify(now) !== JSON.stringify(caller)) viewer.finish('rights_changed');
    } catch (error) {
      viewer.finish(toGatewayError(error).code === 'auth.unavailable' ? 'auth_unavailable' : 'rights_changed');
    }
  }
}

/** What has become of a call that was `unknown` is another thing to show. */
const keyOf = ({ callId, outcome }: CallRecord): string => `${callId} ${outcome}`;

/** That something has changed is told to whoever may ask what. */
const topicsOf = (caller: Principal): readonly StateTopic[] =>
  STATE_TOPICS.filter((topic) => PERMISSIONS_OF[topic].some((permission) => holds(caller, permission)));

const PERMISSIONS_OF = {
  gateways: ['gateways.read'],
  catalog: ['gateways.read', 'tools.read', 'servers.read'],
  programs: ['gateways.read'],
} as const satisfies Record<StateTopic, readonly Permission[]>;

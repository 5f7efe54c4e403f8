import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Lifecycle } from '../lifecycle.js';

/** True when the handler has taken the request; it then answers it. */
export type RawHandler = (request: IncomingMessage, response: ServerResponse) => boolean;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;

export interface RawRoute {
  readonly handler: RawHandler;
  readonly label: string;
}

/** The place of a request among those in hand, which it has until it is answered or gives it back. */
export class Place {
  readonly startedAtMs = performance.now();
  /** Of the raw route that took the request; null when Fastify did. */
  label: string | null = null;
  private held = true;

  constructor(private readonly leave: () => void) {}

  release(): void {
    if (!this.held) return;
    this.held = false;
    this.leave();
  }
}

/** On the response: looking it up in a weak map costs more, and the garbage collector most of all. */
const PLACE = Symbol('PLACE');

type Placed = ServerResponse & { [PLACE]?: Place };

/** The door for requests that must not pay for a framework: handlers see every request before Fastify does. */
export class RawHttp {
  readonly routes: RawRoute[] = [];
  readonly upgrades: UpgradeHandler[] = [];

  constructor(private readonly lifecycle: Lifecycle) {}

  /** `label` is the `route` of the handler's requests in the metrics. */
  mount(handler: RawHandler, label = 'raw'): void {
    this.routes.push({ handler, label });
  }

  onUpgrade(handler: UpgradeHandler): void {
    this.upgrades.push(handler);
  }

  onStopping(hook: () => Promise<void>): void {
    this.lifecycle.onStopping(hook);
  }

  /**
   * This answer is a stream that stays open for as long as its client likes (GET streams, `subscriptions/listen`). It
   * gives back its place among the requests in hand, and a stopping process does not wait for it.
   */
  releasePlace(response: ServerResponse): void {
    (response as Placed)[PLACE]?.release();
  }

  /** Called by the front server. */
  hold(response: ServerResponse, place: Place): void {
    (response as Placed)[PLACE] = place;
  }
}

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

/** The door for requests that must not pay for a framework: handlers see every request before Fastify does. */
export class RawHttp {
  readonly routes: RawRoute[] = [];
  readonly upgrades: UpgradeHandler[] = [];
  private readonly releases = new WeakMap<ServerResponse, () => void>();

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
    this.releases.get(response)?.();
  }

  /** Called by the front server: what gives back the place of this request. */
  onRelease(response: ServerResponse, release: () => void): void {
    this.releases.set(response, release);
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type GatewayError, fail } from '#libs/errors';
import type { Lifecycle } from '../lifecycle.js';
import { type Places, placeOf } from './place.js';

/** True when the handler has taken the request; it then answers it. */
export type RawHandler = (request: IncomingMessage, response: ServerResponse) => boolean;
/** True when the handler has taken the connection, for WebSocket; it then owns the socket. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean;
/** Answers a request that was refused before its handler saw it; false when it is not the handler's own. */
export type RawRefusal = (request: IncomingMessage, response: ServerResponse, failure: GatewayError) => boolean;

export interface RawRoute {
  readonly handler: RawHandler;
  readonly label: string;
  readonly refuse: RawRefusal | null;
}

/** The places of requests among those in hand. */
export interface RequestPlaces {
  /** The request is there as a whole, or has waited, and takes its place. Throws `http.overloaded`, or what it was refused with since. */
  takePlace(response: ServerResponse): void;
  /**
   * This answer is a stream that stays open for as long as its client likes (GET streams, `subscriptions/listen`). It
   * gives back its place among the requests in hand, and a stopping process does not wait for it.
   */
  releasePlace(response: ServerResponse): void;
  /** The request waits for its turn somewhere with a limit of its own: it gives back its place, and stays in hand. */
  lendPlace(response: ServerResponse): void;
}

/**
 * The door for requests that must not pay for a framework: handlers see every request before Fastify does. `takePlace`
 * throws `http.overloaded`.
 */
export class RawHttp implements RequestPlaces {
  readonly routes: RawRoute[] = [];
  readonly upgrades: UpgradeHandler[] = [];
  private places: Places | null = null;

  constructor(private readonly lifecycle: Lifecycle) {}

  /**
   * `label` is the `route` of the handler's requests in the metrics. A handler whose request has a body calls `takePlace`
   * once it has read it.
   */
  mount(handler: RawHandler, label = 'raw', refuse: RawRefusal | null = null): void {
    this.routes.push({ handler, label, refuse });
  }

  onUpgrade(handler: UpgradeHandler): void {
    this.upgrades.push(handler);
  }

  onStopping(hook: () => Promise<void>): void {
    this.lifecycle.onStopping(hook);
  }

  takePlace(response: ServerResponse): void {
    const place = placeOf(response);
    if (place === undefined || this.places === null) throw fail('platform.internal');
    const refusal = this.places.take(place);
    if (refusal !== null) throw refusal;
  }

  releasePlace(response: ServerResponse): void {
    const place = placeOf(response);
    if (place !== undefined) this.places?.leave(place);
  }

  lendPlace(response: ServerResponse): void {
    const place = placeOf(response);
    if (place !== undefined) this.places?.lend(place);
  }

  /** Called by the front server, once. */
  placedIn(places: Places): void {
    this.places = places;
  }
}

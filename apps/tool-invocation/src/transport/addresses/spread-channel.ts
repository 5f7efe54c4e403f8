import { type GatewayError, fail } from '#libs/errors';
import { staleSession } from '../../call/stale.js';
import type { Access, Channel, ChannelEvents } from '../channel.js';
import type { Exchange } from '../exchange.js';
import type { HttpChannel } from '../streamable-http/channel.js';
import type { HttpTransport } from '../streamable-http/transport.js';
import type { Address, AddressBook } from './address-book.js';
import { addressReason, isOfAddress, mayGoElsewhere } from './address-failure.js';

type HttpAddress = Address<HttpTransport>;

/**
 * A conversation with an upstream that has several addresses. Without a session each request goes to the address whose
 * turn it is, and to the next where it could not be sent. A session stays where it was begun, and is lost with its
 * address: whoever has it begins anew, elsewhere, while what still runs there is finished.
 */
export class SpreadChannel implements Channel {
  private readonly channels = new Map<HttpAddress, HttpChannel>();
  private version: string | undefined;
  /** Where the session is. */
  private home: HttpAddress | undefined;
  /** Where the last request went. */
  private last: HttpAddress | undefined;
  private readonly running = new Set<Exchange>();
  /** It went with its address: takes no more requests, and ends once those under way have. */
  private isLost = false;
  private hasEnded = false;

  constructor(
    private readonly book: AddressBook<HttpTransport>,
    private readonly access: Access,
    private readonly events: ChannelEvents,
  ) {}

  get closed(): boolean {
    return this.isLost || this.hasEnded;
  }

  get sessionful(): boolean {
    return this.home !== undefined && this.at(this.home).sessionful;
  }

  get hasCommonStream(): boolean {
    return this.sessionful;
  }

  get protocolVersion(): string | undefined {
    return this.version;
  }

  set protocolVersion(version: string | undefined) {
    this.version = version;
    for (const channel of this.channels.values()) channel.protocolVersion = version;
  }

  request(exchange: Exchange): void {
    if (this.isLost) return exchange.fail(staleSession());
    if (exchange.opensSession) this.home = undefined;
    else if (this.home?.isEjected && this.book.hasOther(this.home)) return this.lose(exchange);
    this.running.add(exchange);
    exchange.onSettled = () => {
      this.running.delete(exchange);
      this.endLost();
    };
    this.send(exchange, this.home ?? this.next(), new Set());
  }

  post(text: string): Promise<void> {
    return this.at(this.here).post(text);
  }

  listen(withinMs: number): Promise<void> {
    return this.at(this.here).listen(withinMs);
  }

  async close(): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    await Promise.all([...this.channels.values()].map((channel) => channel.close()));
  }

  private get here(): HttpAddress {
    return this.home ?? this.last ?? this.next();
  }

  private next(): HttpAddress {
    return this.book.pick() as HttpAddress;
  }

  private send(exchange: Exchange, address: HttpAddress, tried: Set<HttpAddress>): void {
    this.last = address;
    if (exchange.opensSession) this.home = address;
    exchange.elsewhere = (error) => this.isMoved(exchange, address, tried, error);
    this.at(address).request(exchange);
  }

  /** Whether another address, or another session, has taken over a request that failed at this one. */
  private isMoved(exchange: Exchange, address: HttpAddress, tried: Set<HttpAddress>, error: GatewayError): boolean {
    if ((this.hasEnded && !this.isLost) || !isOfAddress(error)) return false;
    this.book.failed(address, addressReason(error));
    if (!mayGoElsewhere(error, exchange.isRepeatable)) return false;
    if (this.home === address && !exchange.opensSession) {
      if (!this.book.hasOther(address)) return false;
      this.lose(exchange);
      return true;
    }
    const next = this.book.pick(tried.add(address));
    if (next === undefined) return false;
    this.send(exchange, next, tried);
    return true;
  }

  private lose(exchange: Exchange): void {
    exchange.elsewhere = undefined;
    if (!this.closed) {
      this.isLost = true;
      this.events.closed(fail('upstream.session_lost'));
    }
    exchange.fail(staleSession());
    this.endLost();
  }

  private endLost(): void {
    if (this.isLost && this.running.size === 0) void this.close().catch(() => {});
  }

  private at(address: HttpAddress): HttpChannel {
    let channel = this.channels.get(address);
    if (channel === undefined) {
      channel = address.line.channel(this.access, {
        received: (message) => this.events.received(message),
        answeredLate: (id) => this.events.answeredLate(id),
        invalidated: () => this.events.invalidated(),
        closed: (reason) => {
          const wasLost = this.isLost;
          this.hasEnded = true;
          if (!wasLost) this.events.closed(reason);
        },
      });
      channel.protocolVersion = this.version;
      this.channels.set(address, channel);
    }
    return channel;
  }
}

import { GatewayError } from '#libs/errors';
import type { OpenCall } from '../call/open-call.js';
import type { AddressBook } from '../transport/addresses/address-book.js';
import { addressReason, isOfAddress, mayGoElsewhere } from '../transport/addresses/address-failure.js';
import { Route } from '../transport/addresses/route.js';
import { toUpstreamError } from './upstream-error.js';

const SENT = { executed: 'unknown' } as const;

/** A call of one request, which goes to an address and on to the next while it may. */
export abstract class RoutedCall<Answer extends object> {
  protected readonly route: Route<string>;
  private isRepeated = false;

  /** `only`: where it goes that has no address of the book. */
  protected constructor(
    protected readonly open: OpenCall,
    only: string,
    book: AddressBook<string> | undefined,
  ) {
    this.route = new Route(only, book);
  }

  /** Whether it does nothing more when it is done twice, and nothing of its answer has been used. */
  protected abstract readonly mayBeRepeated: boolean;
  /** What reads its answer. */
  protected abstract readonly collector: { readonly heard: boolean; readonly executed: 'no' | 'unknown' } | undefined;
  /** To where its route leads now. */
  protected abstract dispatch(): void;
  protected abstract conclude(answer: Answer): void;
  /** Nothing more is to come. */
  protected abstract finish(): void;

  /** A connection that was kept open may have been closed at the other end: what may be repeated is, once. */
  failed(error: GatewayError): void {
    const heard = this.collector?.heard === true;
    if (this.hasMoved(error)) return;
    const isLost = error.code === 'upstream.closed' && !heard && this.mayBeRepeated;
    if (isLost && !this.isRepeated && !this.open.ended) {
      this.isRepeated = true;
      this.keep(error);
      try {
        return this.dispatch();
      } catch (problem) {
        return this.end(toUpstreamError(problem));
      }
    }
    this.open.heard ||= heard;
    this.end(error);
  }

  /** What an answer says of the address; whether the call has gone on to another one, since this one is away: for this reason. */
  protected isElsewhere(answer: Answer, away: string | null): boolean {
    if (away === null) this.route.answered();
    else this.route.failed(away);
    return away !== null && this.mayBeRepeated && this.goesOn(answer);
  }

  protected end(error: GatewayError): void {
    const tellEarlier = this.route.takeEarlier();
    if (tellEarlier !== undefined && error.executed === 'no') return tellEarlier();
    this.finish();
    this.open.fail(error);
  }

  /** What says whether it may have been executed. */
  protected get carrier(): OpenCall['carrier'] {
    return this.route.hasBeenSent ? SENT : this.collector;
  }

  /** Whether another address has taken over a call that failed at this one. */
  private hasMoved(error: GatewayError): boolean {
    if (!isOfAddress(error)) return false;
    this.route.failed(addressReason(error));
    return mayGoElsewhere(error, this.mayBeRepeated) && this.goesOn(error);
  }

  private goesOn(before: Answer | GatewayError): boolean {
    if (this.open.ended || !this.route.goesOn()) return false;
    this.keep(before);
    try {
      this.dispatch();
    } catch (problem) {
      this.failed(toUpstreamError(problem));
    }
    return true;
  }

  /** What became of a request that was sent: that another could not be says nothing of it. */
  private keep(before: Answer | GatewayError): void {
    if (!(before instanceof GatewayError)) this.route.wasSent(() => this.conclude(before));
    else if (before.executed !== 'no') this.route.wasSent(() => this.end(before));
  }
}

import { type GatewayError, fail, toGatewayError } from '#libs/errors';
import type { Access, Channel, ChannelEvents, Transport } from '../channel.js';
import type { HttpTransport } from '../streamable-http/transport.js';
import type { Address, AddressBook } from './address-book.js';
import { addressReason, isOfAddress } from './address-failure.js';
import { SpreadChannel } from './spread-channel.js';

/** Streamable HTTP to an upstream with several addresses: a channel finds the address of each request by itself. */
export class SpreadHttpTransport implements Transport {
  constructor(private readonly book: AddressBook<HttpTransport>) {}

  async open(access: Access, events: ChannelEvents): Promise<Channel> {
    return new SpreadChannel(this.book, access, events);
  }

  close(): Promise<void> {
    return closeAll(this.book);
  }
}

/** HTTP+SSE to an upstream with several addresses: a channel is a stream, and ends with the address it was opened at. */
export class SpreadSseTransport implements Transport {
  constructor(private readonly book: AddressBook<Transport>) {}

  async open(access: Access, events: ChannelEvents): Promise<Channel> {
    const tried = new Set<Address<Transport>>();
    let failure: GatewayError | undefined;
    for (let address = this.book.pick(); address !== undefined; address = this.book.pick(tried)) {
      tried.add(address);
      try {
        const channel = await this.openAt(address, access, events);
        this.book.answered(address);
        return channel;
      } catch (error) {
        failure = toGatewayError(error);
        if (!isOfAddress(failure) && failure.code !== 'upstream.timed_out') throw failure;
        this.book.failed(address, addressReason(failure));
      }
    }
    throw failure ?? fail('upstream.unreachable', { executed: 'no' });
  }

  close(): Promise<void> {
    return closeAll(this.book);
  }

  private async openAt(address: Address<Transport>, access: Access, events: ChannelEvents): Promise<Channel> {
    let isOurEnd = false;
    const channel = await address.line.open(access, {
      received: (message) => events.received(message),
      answeredLate: (id) => events.answeredLate(id),
      invalidated: () => events.invalidated(),
      closed: (reason) => {
        if (!isOurEnd && isOfAddress(reason)) this.book.failed(address, addressReason(reason));
        events.closed(reason);
      },
    });
    const close = channel.close.bind(channel);
    // That the gateway ends a stream says nothing of the address.
    channel.close = () => {
      isOurEnd = true;
      return close();
    };
    return channel;
  }
}

const closeAll = async ({ addresses }: AddressBook<Transport>): Promise<void> => {
  await Promise.all(addresses.map(({ line }) => line.close()));
};

import type { AddressStanding } from '#contracts/tool-invocation/check-upstream.request';
import { toGatewayError } from '#libs/errors';
import type { Access, Channel, ChannelEvents, Transport } from '../transport/channel.js';
import type { Address, AddressBook } from '../transport/addresses/address-book.js';
import { addressReason, isOfAddress } from '../transport/addresses/address-failure.js';
import { discover } from './era-probe.js';

const UNHEARD: ChannelEvents = { received: () => {}, answeredLate: () => {}, invalidated: () => {}, closed: () => {} };

/** Asks each address of an upstream whether something answers there, whatever it answers. */
export class AddressChecks {
  private checking: Promise<void> | undefined;

  constructor(
    readonly book: AddressBook<Transport>,
    /** A stream that stands says enough; else something has to be asked. */
    private readonly isStream: boolean,
  ) {}

  /** Of all of them, at once; whoever asks meanwhile shares the answer. Never rejects. */
  async all(access: Access, timeoutMs: number): Promise<readonly AddressStanding[]> {
    this.checking ??= this.check(this.book.addresses, access, timeoutMs).finally(() => {
      this.checking = undefined;
    });
    await this.checking;
    return this.book.standings();
  }

  /** Of those that were ejected and may be back. Never rejects. */
  due(access: Access, timeoutMs: number): Promise<void> {
    return this.check(this.book.due(), access, timeoutMs);
  }

  private async check(addresses: readonly Address<Transport>[], access: Access, timeoutMs: number): Promise<void> {
    await Promise.all(addresses.map((address) => this.ask(address, access, timeoutMs)));
  }

  private async ask(address: Address<Transport>, access: Access, timeoutMs: number): Promise<void> {
    let channel: Channel | undefined;
    try {
      channel = await address.line.open(access, UNHEARD);
      if (!this.isStream) await discover(channel, {}, timeoutMs);
      this.book.answered(address);
    } catch (error) {
      const failure = toGatewayError(error);
      if (isOfAddress(failure) || failure.code === 'upstream.timed_out')
        this.book.failed(address, addressReason(failure));
      else this.book.answered(address);
    } finally {
      void channel?.close().catch(() => {});
    }
  }
}

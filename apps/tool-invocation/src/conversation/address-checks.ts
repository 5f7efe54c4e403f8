import type { AddressStanding } from '#contracts/tool-invocation/health/check-upstream.request';
import { toGatewayError } from '#libs/errors';
import type { Access, Channel, ChannelEvents, Transport } from '../transport/channel.js';
import type { Address, AddressBook } from '../transport/addresses/address-book.js';
import { addressReason, isOfAddress } from '../transport/addresses/address-failure.js';
import { discover } from './era-probe.js';

const UNHEARD: ChannelEvents = { received: () => {}, answeredLate: () => {}, invalidated: () => {}, closed: () => {} };

/** Asks whether something answers on one line; rejects with why not. */
export type Look<Line> = (line: Line, access: Access, timeoutMs: number) => Promise<void>;

/** What is asked of the addresses of any upstream that has several. */
export interface CheckedAddresses {
  readonly book: Pick<AddressBook<unknown>, 'hasSound' | 'due' | 'standings'>;
  /** Of all of them, at once; whoever asks meanwhile shares the answer. Never rejects. */
  all(access: Access, timeoutMs: number): Promise<readonly AddressStanding[]>;
  /** Of those that were ejected and may be back. Never rejects. */
  due(access: Access, timeoutMs: number): Promise<void>;
}

/** Asks each address of an upstream whether something answers there, whatever it answers. */
export class AddressChecks<Line> implements CheckedAddresses {
  private checking: Promise<void> | undefined;

  constructor(
    readonly book: AddressBook<Line>,
    private readonly look: Look<Line>,
  ) {}

  async all(access: Access, timeoutMs: number): Promise<readonly AddressStanding[]> {
    this.checking ??= this.check(this.book.addresses, access, timeoutMs).finally(() => {
      this.checking = undefined;
    });
    await this.checking;
    return this.book.standings();
  }

  due(access: Access, timeoutMs: number): Promise<void> {
    return this.check(this.book.due(), access, timeoutMs);
  }

  private async check(addresses: readonly Address<Line>[], access: Access, timeoutMs: number): Promise<void> {
    await Promise.all(addresses.map((address) => this.ask(address, access, timeoutMs)));
  }

  private async ask(address: Address<Line>, access: Access, timeoutMs: number): Promise<void> {
    try {
      await this.look(address.line, access, timeoutMs);
      this.book.answered(address);
    } catch (error) {
      const failure = toGatewayError(error);
      if (isOfAddress(failure) || failure.code === 'upstream.timed_out')
        this.book.failed(address, addressReason(failure));
      else this.book.answered(address);
    }
  }
}

/** A stream that stands says enough. */
export const standsOpen: Look<Transport> = async (line, access) => {
  const channel = await line.open(access, UNHEARD);
  void channel.close().catch(() => {});
};

/** Of an MCP server something has to be asked. */
export const discovers: Look<Transport> = async (line, access, timeoutMs) => {
  let channel: Channel | undefined;
  try {
    channel = await line.open(access, UNHEARD);
    await discover(channel, {}, timeoutMs);
  } finally {
    void channel?.close().catch(() => {});
  }
};

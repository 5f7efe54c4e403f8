import type { Address, AddressBook } from './address-book.js';

/** Where one request goes: to the address whose turn it is, and on to the next while it may. */
export class Route<Line> {
  private address: Address<Line> | undefined;
  private readonly tried = new Set<Address<Line>>();
  /** Tells what came of the request where it was sent before. */
  private tellEarlier: (() => void) | undefined;

  /** `only`: where everything goes that has no address of the book. */
  constructor(
    private readonly only: Line,
    private readonly book?: AddressBook<Line>,
  ) {}

  get line(): Line {
    return this.address?.line ?? this.only;
  }

  begin(): void {
    this.address = this.book?.pick();
  }

  /** Begins at one of the addresses, whatever the turns of the others. */
  beginAt(line: Line): void {
    this.address = this.book?.addresses.find((address) => address.line === line);
  }

  answered(): void {
    if (this.address !== undefined) this.book?.answered(this.address);
  }

  /** `reason`: in words for whoever runs the gateway. */
  failed(reason: string): void {
    if (this.address !== undefined) this.book?.failed(this.address, reason);
  }

  /** Whether `line` is another now, for there is one that the request has not been to. */
  goesOn(): boolean {
    const next = this.address && this.book?.pick(this.tried.add(this.address));
    if (next === undefined) return false;
    this.address = next;
    return true;
  }

  /** The request has been sent, and goes out again: should that come to nothing, `tell` says what is known of it. */
  wasSent(tell: () => void): void {
    this.tellEarlier = tell;
  }

  get hasBeenSent(): boolean {
    return this.tellEarlier !== undefined;
  }

  /** Undefined where the request was never sent before. */
  takeEarlier(): (() => void) | undefined {
    const tell = this.tellEarlier;
    this.tellEarlier = undefined;
    return tell;
  }
}

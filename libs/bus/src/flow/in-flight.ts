/** Something that is under way. `seat` is where the `InFlight` that holds it finds it; -1 while none does. */
export interface Seated {
  seat: number;
}

/**
 * Things that come and go with every call. In a long-lived `Set` or `Map` that churns, items were found to outlive their
 * removal until the next full collection, together with all they refer to: with 64 live items the collector took several
 * times as long as with this. Presumably it is the tables that such a collection replaces as it churns.
 */
export class InFlight<Item extends Seated> implements Iterable<Item> {
  readonly #seats: (Item | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The seat that the next one gets. */
  get nextSeat(): number {
    return this.#free.at(-1) ?? this.#seats.length;
  }

  /** Whoever sits there. */
  at(seat: number): Item | undefined {
    return this.#seats[seat];
  }

  /** No matter when it is here already. */
  add(item: Item): void {
    if (item.seat >= 0) return;
    item.seat = this.#free.pop() ?? this.#seats.length;
    this.#seats[item.seat] = item;
    this.#size++;
  }

  /** No matter when it is not here. */
  delete(item: Item): void {
    const { seat } = item;
    if (seat < 0) return;
    item.seat = -1;
    this.#seats[seat] = undefined;
    this.#free.push(seat);
    this.#size--;
  }

  /** Whoever leaves meanwhile is left out. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const item of this.#seats) if (item !== undefined) yield item;
  }
}

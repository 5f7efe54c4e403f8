/** Something that is under way. `slot` is where the `SlotMap` that holds it finds it; -1 while none does. */
export interface Slotted {
  slot: number;
}

/**
 * Things that come and go with every call. In a long-lived `Set` or `Map` that churns, items were found to outlive their
 * removal until the next full collection, together with all they refer to: with 64 live items the collector took several
 * times as long as with this. Presumably it is the tables that such a collection replaces as it churns.
 */
export class SlotMap<Item extends Slotted> implements Iterable<Item> {
  private readonly slots: (Item | undefined)[] = [];
  private readonly free: number[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** The slot that the next one gets. */
  get nextSlot(): number {
    return this.free.at(-1) ?? this.slots.length;
  }

  /** Whoever sits there. */
  at(slot: number): Item | undefined {
    return this.slots[slot];
  }

  /** No matter when it is here already. */
  add(item: Item): void {
    if (item.slot >= 0) return;
    item.slot = this.free.pop() ?? this.slots.length;
    this.slots[item.slot] = item;
    this.count++;
  }

  /** No matter when it is not here. */
  delete(item: Item): void {
    const { slot } = item;
    if (slot < 0) return;
    item.slot = -1;
    this.slots[slot] = undefined;
    this.free.push(slot);
    this.count--;
  }

  /** Whoever leaves meanwhile is left out. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const item of this.slots) if (item !== undefined) yield item;
  }
}

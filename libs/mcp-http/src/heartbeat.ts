import { SlotMap, type Slotted } from '#libs/bus';

/** Something that wants to be looked at now and then for as long as it is open. */
export interface Beating extends Slotted {
  beat(nowMs: number): void;
}

const TICK_MS = 1_000;

/** One timer for every open stream or waiting call, instead of one each. */
export class Heartbeat {
  private readonly members = new SlotMap<Beating>();
  private readonly timer: NodeJS.Timeout;

  constructor(tickMs = TICK_MS) {
    this.timer = setInterval(() => {
      if (this.members.size === 0) return;
      const nowMs = Date.now();
      for (const member of this.members) member.beat(nowMs);
    }, tickMs);
    this.timer.unref();
  }

  get size(): number {
    return this.members.size;
  }

  add(member: Beating): void {
    this.members.add(member);
  }

  remove(member: Beating): void {
    this.members.delete(member);
  }

  close(): void {
    clearInterval(this.timer);
  }
}

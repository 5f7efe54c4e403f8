import { describe, expect, it } from 'vitest';
import { type Claim, HeldBytes } from './held-bytes.js';

const KIB = 1024;
const STEP = 64 * KIB;
const TOTAL = 16 * STEP;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes step by step for as long as it may; goes on by itself when it is told that there is room. */
class Taker {
  constructor(
    readonly claim: Claim,
    private stepsLeft: number,
    private readonly onDone: (taker: Taker) => void = () => {},
  ) {
    this.take();
  }

  get isDone(): boolean {
    return this.stepsLeft === 0;
  }

  private take(): void {
    while (this.stepsLeft > 0) {
      this.stepsLeft--;
      this.claim.add(STEP);
      if (this.stepsLeft > 0 && !this.claim.hasRoom) return this.claim.whenRoom(() => this.take());
    }
    this.onDone(this);
  }
}

describe('held bytes', () => {
  it('held bytes are as many as were added, and none when their claims are released', () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const [one, other] = [held.claim('a'), held.claim('b')];
    one.add(STEP);
    other.set(3 * STEP);
    one.set(2 * STEP);
    expect(held.used).toBe(5 * STEP);
    // A little counts as nothing.
    one.set(100);
    expect(held.used).toBe(3 * STEP);
    other.release();
    other.add(STEP);
    other.release();
    expect(held.used).toBe(0);
  });

  it('one caller has no more room than it leaves to the others', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const greedy = Array.from({ length: 3 }, () => new Taker(held.claim('greedy'), 10));
    // The first takes half of it; of the others there is what had come before they were told to wait.
    expect(held.used).toBe(TOTAL / 2 + 2 * STEP);
    expect(new Taker(held.claim('modest'), 3).isDone).toBe(true);
    for (let turns = 0; turns < 20; turns++) await turn();
    // All of its pieces wait for each other, so one of them goes on; what is complete is not given back.
    expect(greedy.map(({ isDone }) => isDone)).toEqual([true, false, false]);
    expect(held.used).toBeLessThanOrEqual(TOTAL);
    expect(held.waits).toBeGreaterThan(0);
  });

  it('a caller has what it is allowed where that is less', () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 2 * STEP });
    const taker = new Taker(held.claim('a'), 8);
    expect([taker.isDone, held.used]).toEqual([false, 2 * STEP]);
    expect(new Taker(held.claim('b'), 2).isDone).toBe(true);
  });

  it('everything comes to its end, one after the other, when all that is held waits for the rest of it', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    let most = 0;
    const done: number[] = [];
    const takers = Array.from({ length: 20 }, (_, number) => {
      return new Taker(held.claim(`caller ${number}`), TOTAL / STEP, ({ claim }) => {
        most = Math.max(most, held.used);
        done.push(number);
        setImmediate(() => claim.release());
      });
    });
    for (let turns = 0; turns < 1_000 && done.length < takers.length; turns++) await turn();
    expect(done).toHaveLength(takers.length);
    // What there is room for, one that goes on all the same, and of the others what had come before they were told to wait.
    expect(most).toBeLessThanOrEqual(2 * TOTAL + takers.length * STEP);
    await turn();
    expect(held.used).toBe(0);
  });

  it('what rests keeps nobody from going on', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const resting = held.claim('parked');
    resting.set(TOTAL);
    const taker = new Taker(held.claim('a'), 4);
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(taker.isDone).toBe(false);
    resting.rest(true);
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(taker.isDone).toBe(true);
  });

  it('what goes on whatever is held makes way for the next one when it has come to its end, and stays', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const connection = held.claim('connection');
    const takers = Array.from({ length: 3 }, (_, number) => held.claim(`caller ${number}`));
    for (let round = 0; round < 3; round++) {
      const resumed: string[] = [];
      for (const claim of [connection, ...takers]) {
        claim.set(TOTAL / 4);
        claim.whenRoom(() => resumed.push(claim.caller));
      }
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(resumed).toEqual(['connection']);
      // Its message is complete, and it waits for the next: somebody else's turn.
      connection.set(0);
      takers[0]?.add(TOTAL / 4);
      for (let turns = 0; turns < 5; turns++) await turn();
      expect(resumed).toEqual(['connection', 'caller 0']);
      for (const claim of takers) {
        claim.stopWaiting();
        claim.set(0);
      }
    }
    expect(held.used).toBe(0);
  });

  it('what rests goes on resting when it waited for room meanwhile', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const resting = held.claim('parked');
    resting.set(TOTAL);
    resting.rest(true);
    resting.whenRoom(() => {});
    for (let turns = 0; turns < 5; turns++) await turn();
    resting.stopWaiting();
    const taker = new Taker(held.claim('a'), 4);
    for (let turns = 0; turns < 10; turns++) await turn();
    expect(taker.isDone).toBe(true);
  });

  it('a claim that is released while it waits is not told of room, and its place is free', async () => {
    const held = new HeldBytes({ totalMax: TOTAL, perCallerMax: 0 });
    const full = held.claim('a');
    full.set(TOTAL);
    const [gone, next] = [new Taker(held.claim('b'), 3), new Taker(held.claim('c'), 3)];
    gone.claim.release();
    full.release();
    for (let turns = 0; turns < 5; turns++) await turn();
    expect([gone.isDone, next.isDone, held.used]).toEqual([false, true, 3 * STEP]);
  });
});

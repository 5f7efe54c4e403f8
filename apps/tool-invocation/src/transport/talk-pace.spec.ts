import { beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedSource } from './intake-gate.js';
import { TalkGauge } from './talk-gauge.js';
import { TalkPace, TalkTurns } from './talk-pace.js';

const CHUNK = Buffer.alloc(65_536, 'x');
const LIMITS = { bytesMax: 1e9, countMax: 1e9 };

let acts: string[];
let talk: TalkGauge;
let pace: TalkPace;
beforeEach(() => {
  acts = [];
  talk = new TalkGauge(LIMITS, 1e9);
  const source = new SharedSource([{ pause: () => acts.push('pause'), resume: () => acts.push('resume') }]);
  pace = new TalkPace(talk, source);
});

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve)).then(() => undefined);
/** Reads for so long, as far as the clock can tell. */
const work = (ms: number): void => {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
};
const say = (chunks: number, ms: number, pendingBytes: () => number | undefined = () => 0): void => {
  for (let chunk = 0; chunk < chunks; chunk++)
    pace.take(CHUNK, () => {
      work(ms);
      return pendingBytes();
    });
};

describe('TalkTurns', () => {
  it('TalkTurns leaves nineteen times as long to others as was read, whoever read it, when streams say much', () => {
    let nowMs = 1_000;
    const turns = new TalkTurns(() => nowMs);
    expect(turns.restMs(2)).toBeCloseTo(38);
    expect(turns.restMs(1)).toBeCloseTo(57);
    nowMs += 57;
    expect(turns.restMs(1)).toBeCloseTo(19);
    nowMs += 10_000;
    expect(turns.restMs(1)).toBeCloseTo(19);
  });

  it('TalkTurns lets a stream rest by what was read of it alone when others were read for long', () => {
    const turns = new TalkTurns(() => 0);
    for (let stream = 0; stream < 9; stream++) turns.restMs(50);
    expect(turns.restMs(0.01)).toBeLessThan(5);
  });

  it('TalkTurns takes a twentieth of the time when many streams say more or less', () => {
    let nowMs = 0;
    const turns = new TalkTurns(() => nowMs);
    const goOnAtMs = Array.from({ length: 60 }, () => 0);
    let readingMs = 0;
    while (nowMs < 600_000) {
      const next = goOnAtMs.indexOf(Math.min(...goOnAtMs));
      const ms = [0.2, 1, 20][next % 3] ?? 0;
      nowMs = Math.max(nowMs, goOnAtMs[next] ?? 0) + ms;
      readingMs += ms;
      goOnAtMs[next] = nowMs + turns.restMs(ms);
    }
    expect(readingMs / nowMs).toBeGreaterThan(0.04);
    expect(readingMs / nowMs).toBeLessThan(0.055);
  });

  it('TalkTurns takes a pause of the own process for no reading when it was suspended meanwhile', () => {
    expect(new TalkTurns(() => 0).restMs(20_000)).toBeLessThan(1_000);
  });
});

describe('TalkPace', () => {
  it('a stream rests, and goes on by itself, when it has said much beside its answers', async () => {
    say(6, 1);
    // What has come already is read to its end.
    expect(acts).toEqual([]);
    await tick();
    expect(acts).toEqual(['pause']);
    say(2, 1);
    await vi.waitFor(() => expect(acts).toEqual(['pause', 'resume']), { interval: 5 });
  });

  it('a stream does not rest when it has said no more than calls usually do', async () => {
    say(4, 2);
    await tick();
    expect(acts).toEqual([]);
  });

  it('a stream does not rest when most of it is a long answer', async () => {
    say(6, 0);
    await tick();
    await vi.waitFor(() => expect(acts.length % 2).toBe(0), { interval: 5 });
    acts = [];
    let pending = 0;
    say(40, 1, () => (pending += CHUNK.length));
    say(1, 1, () => undefined);
    await tick();
    expect(acts).toEqual([]);
  });

  it('a connection does not rest when its answers are short and many', async () => {
    const answer = () => {
      talk.giveBack(CHUNK.length);
      return 0;
    };
    for (let event = 0; event < 1_000; event++) talk.take(0, 1);
    say(20, 1, answer);
    await tick();
    expect(acts).toEqual([]);
  });
});

describe('TalkGauge', () => {
  it('a connection says much only while it does when it lasts for long', () => {
    let nowMs = 0;
    const gauge = new TalkGauge(LIMITS, 1e9, () => nowMs);
    const sayFor = (seconds: number, perSecond: number): void => {
      for (const endMs = nowMs + seconds * 1_000; nowMs < endMs; nowMs += 1_000 / perSecond) gauge.take(1_000, 1);
    };
    sayFor(3_600, 10);
    expect(gauge.isMuch).toBe(false);
    sayFor(1, 300);
    expect(gauge.isMuch).toBe(true);
    sayFor(25, 10);
    expect(gauge.isMuch).toBe(false);
  });

  it('a connection has not said much when most of it was a long answer that came in for long', () => {
    let nowMs = 0;
    const gauge = new TalkGauge(LIMITS, 1e9, () => nowMs);
    for (; nowMs < 60_000; nowMs += 100) gauge.take(65_536, 0);
    expect(gauge.isMuch).toBe(true);
    gauge.giveBack(600 * 65_536);
    expect(gauge.isMuch).toBe(false);
    // What it gave back of the answer excuses nothing that comes after.
    for (; nowMs < 62_000; nowMs += 2) gauge.take(1_000, 1);
    expect(gauge.isMuch).toBe(true);
  });
});

describe('SharedSource', () => {
  it('a source goes on only when nobody holds it back any more', async () => {
    const source = new SharedSource([{ pause: () => acts.push('pause'), resume: () => acts.push('resume') }]);
    source.pause();
    source.pause();
    await tick();
    source.resume();
    expect(acts).toEqual(['pause']);
    source.resume();
    expect(acts).toEqual(['pause', 'resume']);
  });

  it('a source is never stopped when it may go on before what has come is read', async () => {
    const source = new SharedSource([{ pause: () => acts.push('pause'), resume: () => acts.push('resume') }]);
    source.pause();
    source.resume();
    await tick();
    expect(acts).toEqual([]);
  });
});

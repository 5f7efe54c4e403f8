import type { Subject } from './subject.js';
import { costOf, rssOf } from './process-cost.js';

/** Seldom: looking into all of PostgreSQL takes a few milliseconds. */
const SAMPLE_MS = 250;

/** The memory of one of a subject's processes: at rest before the first call, and the most that was seen since. */
export interface MemoryUse {
  readonly process: string;
  readonly idleMb: number;
  /** While it was busy with small calls. */
  readonly busyMb: number;
  readonly mostMb: number;
}

const MB = 1024 ** 2;

interface Seen {
  readonly process: string;
  readonly look: () => number;
  readonly idle: number;
  busy: number;
  most: number;
}

/** Looks at the processes of one subject again and again while there is load on it. */
export class MemoryWatch {
  private readonly seen: readonly Seen[];

  constructor(subject: Subject) {
    const looks = subject.processes.map(({ name, pid }) => ({ process: name, look: () => rssOf(pid) / MB }));
    const stores = { process: 'stores', look: () => costOf(subject.pids).storesBytes / MB };
    this.seen = [...looks, stores].map(({ process, look }) => {
      const idle = look();
      return { process, look, idle, busy: idle, most: idle };
    });
  }

  async during<Result>(small: boolean, work: () => Promise<Result>): Promise<Result> {
    const note = (): void => {
      for (const one of this.seen) {
        const mb = one.look();
        one.most = Math.max(one.most, mb);
        if (small) one.busy = Math.max(one.busy, mb);
      }
    };
    const timer = setInterval(note, SAMPLE_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      note();
    }
  }

  get uses(): MemoryUse[] {
    return this.seen
      .filter(({ most }) => most > 0)
      .map(({ process, idle, busy, most }) => ({ process, idleMb: idle, busyMb: busy, mostMb: most }));
  }
}

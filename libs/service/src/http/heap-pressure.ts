import { getHeapStatistics } from 'node:v8';

const SAMPLE_MS = 250;
const FULL = 0.9;

/** Says when the heap is so full that taking on more work would risk the process. */
export class HeapPressure {
  private full = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly usedShare: () => number = heapUsedShare) {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.timer.unref();
  }

  get isHigh(): boolean {
    return this.full;
  }

  sample(): void {
    this.full = this.usedShare() > FULL;
  }

  close(): void {
    clearInterval(this.timer);
  }
}

const heapUsedShare = (): number => {
  const heap = getHeapStatistics();
  return heap.used_heap_size / heap.heap_size_limit;
};

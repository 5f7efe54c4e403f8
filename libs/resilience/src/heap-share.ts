import { getHeapStatistics } from 'node:v8';

/** Bytes that are so much of what the heap of this process may grow to (`--max-old-space-size`). */
export const heapShare = (share: number): number => Math.floor(getHeapStatistics().heap_size_limit * share);

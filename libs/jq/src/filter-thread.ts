import { parentPort } from 'node:worker_threads';

/**
 * Runs jq, in a thread of its own: a filter may loop for ever, and only a thread can be ended from outside. Imports nothing
 * of the project, so that it runs as TypeScript too. https://jqlang.org/manual/
 */

/** One filter over one JSON text; without a text it is compiled alone. */
export interface FilterJob {
  readonly filter: string;
  readonly json: string;
}

/** What jq wrote, a value a line; or what it says of why not. `isSpent`: the thread is of no more use. */
export type FilterOutcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly lines: string }
  | { readonly kind: 'failed'; readonly problem: string; readonly isCompileError: boolean }
  | { readonly kind: 'spent' };

const MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const PAGE_BYTES = 65_536;
const COMPILE_ERROR = 3;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow: (pages: number) => number;
}
interface WithWebAssembly {
  readonly WebAssembly: { readonly Memory: { readonly prototype: Memory } };
}

// jq would take 2 GB before it gives up.
const memory = (globalThis as unknown as WithWebAssembly).WebAssembly.Memory.prototype;
const { grow } = memory;
memory.grow = function (this: Memory, pages: number): number {
  if (this.buffer.byteLength + pages * PAGE_BYTES > MEMORY_BYTES_MAX) throw new RangeError('out of memory');
  return grow.call(this, pages);
};
// jq prints what a filter says beside its output, which may be anything of the answer. It remembers the console it finds.
Object.assign(console, { log: () => {}, warn: () => {}, error: () => {} });
// Filters can read it.
process.argv[1] = 'jq';

const { raw } = await (await import('jq-web')).default;
// The first run is slow.
raw('null', '.', ['-c']);

const outcomeOf = ({ filter, json }: FilterJob): FilterOutcome => {
  try {
    // The space keeps a filter that begins with a dash from being an option.
    return { kind: 'done', lines: raw(json, ` ${filter}`, ['-c']) ?? '' };
  } catch (error) {
    const { exitCode, stderr = '' } = error as { exitCode?: number; stderr?: string };
    if (exitCode === undefined) return { kind: 'spent' };
    return { kind: 'failed', problem: stderr, isCompileError: exitCode === COMPILE_ERROR };
  }
};

parentPort?.on('message', (job: FilterJob) => parentPort?.postMessage(outcomeOf(job)));
parentPort?.postMessage({ kind: 'ready' } satisfies FilterOutcome);

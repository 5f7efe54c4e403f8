import { AsyncLocalStorage } from 'node:async_hooks';

/** A line as it is written: masked, with the fields of the process. */
export type WrittenLine = Readonly<Record<string, unknown>>;

/** Hears a line, and its JSON. */
export type LineListener = (line: WrittenLine, json: string) => void;

const listeners = new Set<LineListener>();

/** Hears each line that this process writes from now on; what it returns ends that. */
export const hearLines = (listener: LineListener): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Where lines go; whoever listens gets them too, and costs nothing while there is nobody. `line`: its JSON. */
export const lineWritten = (line: string): void => {
  if (listeners.size === 0) return;
  const fields = JSON.parse(line) as WrittenLine;
  for (const listener of listeners) listener(fields, line);
};

const keeping = new AsyncLocalStorage<true>();

/** Runs what keeps lines. Those that it writes itself are not for keeping, so that none gives rise to another for ever. */
export const keepingLines = <Result>(work: () => Result): Result => keeping.run(true, work);
/** Whether the line that is heard was written by what keeps lines. */
export const isOfKeeping = (): boolean => keeping.getStore() === true;

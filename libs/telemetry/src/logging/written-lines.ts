/** A line as it is written: masked, with the fields of the process. */
export type WrittenLine = Readonly<Record<string, unknown>>;

const listeners = new Set<(line: WrittenLine) => void>();

/** Hears each line that this process writes from now on; what it returns ends that. */
export const hearLines = (listener: (line: WrittenLine) => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** Where lines go; whoever listens gets them too, and costs nothing while there is nobody. `line`: its JSON. */
export const lineWritten = (line: string): void => {
  if (listeners.size === 0) return;
  const fields = JSON.parse(line) as WrittenLine;
  for (const listener of listeners) listener(fields);
};

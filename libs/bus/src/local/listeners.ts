import type { Logger } from '#libs/telemetry';

type Listener = (payload: unknown, subject: string) => void | Promise<void>;

interface Entry {
  readonly pattern: string;
  readonly group: string | undefined;
  readonly listener: Listener;
}

/** Who subscribes to what: subjects may end in `*` (one token) or `>` (one or more), as on NATS. */
export class Listeners {
  readonly #exact = new Map<string, Set<Entry>>();
  readonly #wild = new Set<Entry>();
  readonly #turns = new Map<string, number>();

  constructor(private readonly logger: Logger | undefined) {}

  add(pattern: string, listener: Listener, group?: string): () => void {
    const entry: Entry = { pattern, group, listener };
    if (pattern.includes('*') || pattern.endsWith('>')) {
      this.#wild.add(entry);
      return () => this.#wild.delete(entry);
    }
    const entries = this.#exact.get(pattern) ?? new Set();
    this.#exact.set(pattern, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.#exact.get(pattern) === entries) this.#exact.delete(pattern);
    };
  }

  /** Every subscriber without a group gets it, and one member of each group. Each gets a copy of its own. */
  deliver(subject: string, text: string): void {
    const groups = new Map<string, Entry[]>();
    for (const entry of this.#matching(subject)) {
      if (entry.group === undefined) this.#run(entry, subject, text);
      else groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
    }
    for (const [group, members] of groups) {
      const key = `${subject} ${group}`;
      const turn = (this.#turns.get(key) ?? 0) % members.length;
      this.#turns.set(key, turn + 1);
      const member = members[turn];
      if (member !== undefined) this.#run(member, subject, text);
    }
  }

  #matching(subject: string): Entry[] {
    const entries = [...(this.#exact.get(subject) ?? [])];
    for (const entry of this.#wild) if (matches(entry.pattern, subject)) entries.push(entry);
    return entries;
  }

  #run({ listener }: Entry, subject: string, text: string): void {
    const failed = (err: unknown): void => this.logger?.error({ err, subject }, 'a bus listener failed');
    try {
      listener(JSON.parse(text), subject)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

const matches = (pattern: string, subject: string): boolean => {
  const want = pattern.split('.');
  const have = subject.split('.');
  if (want.at(-1) === '>') {
    want.pop();
    if (have.length <= want.length) return false;
  } else if (want.length !== have.length) return false;
  return want.every((token, at) => token === '*' || token === have[at]);
};

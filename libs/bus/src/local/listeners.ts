import type { Logger } from '#libs/telemetry';

type Listener = (payload: unknown) => void | Promise<void>;

interface Entry {
  readonly group: string | undefined;
  readonly listener: Listener;
}

/** Who subscribes to which subject. */
export class Listeners {
  private readonly bySubject = new Map<string, Set<Entry>>();
  private readonly turns = new Map<string, number>();

  constructor(private readonly logger: Logger | undefined) {}

  add(subject: string, listener: Listener, group?: string): () => void {
    const entry: Entry = { group, listener };
    const entries = this.bySubject.get(subject) ?? new Set();
    this.bySubject.set(subject, entries.add(entry));
    return () => {
      entries.delete(entry);
      if (entries.size === 0 && this.bySubject.get(subject) === entries) this.bySubject.delete(subject);
    };
  }

  /** Every subscriber without a group gets it, and one member of each group. Each gets a copy of its own. */
  deliver(subject: string, text: string): void {
    const groups = new Map<string, Entry[]>();
    // A copy: whoever subscribes meanwhile gets what comes later.
    const entries = [...(this.bySubject.get(subject) ?? [])];
    for (const entry of entries) {
      if (entry.group === undefined) this.run(entry, subject, text);
      else groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
    }
    for (const [group, members] of groups) {
      const key = `${subject} ${group}`;
      const turn = (this.turns.get(key) ?? 0) % members.length;
      this.turns.set(key, turn + 1);
      const member = members[turn];
      if (member !== undefined) this.run(member, subject, text);
    }
  }

  private run({ listener }: Entry, subject: string, text: string): void {
    const failed = (err: unknown): void => this.logger?.error({ err, subject }, 'a bus listener failed');
    try {
      listener(JSON.parse(text))?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

import type { Catalog } from '#contracts/registry/catalog';

type Lists = Pick<Catalog, 'tools' | 'prompts' | 'resources' | 'resourceTemplates'>;

interface Defined {
  readonly definition: string;
  readonly legacyDefinition?: string;
}

interface Held {
  readonly text: string;
  holders: number;
}

/** One copy of each definition, however many endpoints show it; gone with the last of them. */
export class SharedDefinitions {
  private readonly held = new Map<string, Held>();

  /** How many different ones there are. */
  get size(): number {
    return this.held.size;
  }

  /** The same, with the texts that are held already. What is taken is dropped once. */
  take<Of extends Partial<Lists>>(of: Of): Of {
    const taken: Partial<Record<keyof Lists, readonly Defined[]>> = {};
    for (const list of LISTS) {
      const entries: readonly Defined[] | undefined = of[list];
      if (entries !== undefined) taken[list] = entries.map((entry) => this.takeEntry(entry));
    }
    return { ...of, ...taken };
  }

  drop(of: Lists): void {
    for (const list of LISTS) {
      for (const { definition, legacyDefinition } of of[list] as readonly Defined[]) {
        this.dropText(definition);
        if (legacyDefinition !== undefined) this.dropText(legacyDefinition);
      }
    }
  }

  private takeEntry(entry: Defined): Defined {
    const definition = this.takeText(entry.definition);
    const legacyDefinition = entry.legacyDefinition === undefined ? null : this.takeText(entry.legacyDefinition);
    if (definition === null && legacyDefinition === null) return entry;
    return {
      ...entry,
      ...(definition !== null && { definition }),
      ...(legacyDefinition !== null && { legacyDefinition }),
    };
  }

  /** Null: there was none like it before. */
  private takeText(text: string): string | null {
    const held = this.held.get(text);
    if (held === undefined) {
      this.held.set(text, { text, holders: 1 });
      return null;
    }
    held.holders++;
    return held.text;
  }

  private dropText(text: string): void {
    const held = this.held.get(text);
    if (held !== undefined && --held.holders === 0) this.held.delete(text);
  }
}

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'] as const;

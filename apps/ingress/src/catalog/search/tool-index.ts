import { setImmediate as breathe } from 'node:timers/promises';
import type MiniSearch from 'minisearch';
import type { CatalogTool } from '#contracts/registry/catalog';
import type { CatalogStep } from '#contracts/registry/catalog-delta.rules';
import { isObject } from '#libs/mcp';

const DESCRIPTION_CHARS_MAX = 2_000;
const ARGUMENTS_CHARS_MAX = 4_000;
/** Of the schema of a tool, which may be as large as its upstream likes. */
const SCHEMA_NODES_MAX = 200;
const SCHEMA_DEPTH_MAX = 4;
/** A definition beyond is found by its name alone. */
const DEFINITION_CHARS_MAX = 65_536;
const WORDS_MAX = 32;
const WORD_CHARS_MAX = 40;
/** Tools that are read before others have their turn. */
const BATCH = 50;
/** A shorter word stands for itself alone. */
const PREFIX_CHARS_MIN = 3;
const FUZZY_CHARS_MIN = 5;
const FUZZY = 0.2;

interface Indexed {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly arguments: string;
}

/** A tool that fits, by what identifies it in its catalog. */
export interface Hit {
  readonly id: string;
  readonly name: string;
}

/** Finds tools by words in their names, descriptions and arguments, ranked by BM25. */
export class ToolIndex {
  private constructor(private readonly words: MiniSearch<Indexed>) {}

  /** Others have their turn while it is made, and change their catalog. The library is loaded with the first. */
  static async of(offered: readonly CatalogTool[]): Promise<ToolIndex> {
    const tools = [...offered];
    const { default: Words } = await import('minisearch');
    const words = new Words<Indexed>({
      fields: ['name', 'description', 'arguments'],
      storeFields: ['name'],
      tokenize: wordsOf,
      processTerm: (term) => term.toLowerCase().slice(0, WORD_CHARS_MAX),
      searchOptions: {
        boost: { name: 3, description: 1, arguments: 0.6 },
        prefix: (term) => term.length >= PREFIX_CHARS_MIN,
        fuzzy: (term) => (term.length >= FUZZY_CHARS_MIN ? FUZZY : false),
      },
    });
    for (let from = 0; from < tools.length; from += BATCH) {
      if (from > 0) await breathe();
      words.addAll(tools.slice(from, from + BATCH).map(indexed));
    }
    return new ToolIndex(words);
  }

  /** Goes on as the index of the next catalog. */
  follow({ dropped, added }: CatalogStep): void {
    for (const { id } of dropped.tools) if (this.words.has(id)) this.words.discard(id);
    for (const tool of added.tools) if (!this.words.has(tool.id)) this.words.add(indexed(tool));
  }

  /** All tools that fit and that `isSeen` lets through, the best first. */
  search(query: string, isSeen: (hit: Hit) => boolean): readonly Hit[] {
    const asked = wordsOf(query).slice(0, WORDS_MAX).join(' ');
    return this.words.search(asked, { filter: (result) => isSeen(result as unknown as Hit) }) as unknown as Hit[];
  }
}

/** Words are told apart by whatever is neither letter nor digit, and within a name by its capitals. */
const wordsOf = (text: string): string[] =>
  text
    .replaceAll(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})/gu, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');

const indexed = ({ id, name, definition }: CatalogTool): Indexed => {
  const read: unknown = definition.length > DEFINITION_CHARS_MAX ? {} : JSON.parse(definition);
  const { title, description, inputSchema } = isObject(read) ? read : {};
  const said = [title, description].filter((text) => typeof text === 'string').join(' ');
  return { id, name, description: said.slice(0, DESCRIPTION_CHARS_MAX), arguments: argumentsIn(inputSchema) };
};

/** Names, titles and descriptions of a schema's properties. */
const argumentsIn = (schema: unknown): string => {
  const words: string[] = [];
  let left = SCHEMA_NODES_MAX;
  const visit = (node: unknown, depth: number): void => {
    if (!isObject(node) || depth > SCHEMA_DEPTH_MAX || left-- <= 0) return;
    for (const text of [node['title'], node['description']]) if (typeof text === 'string') words.push(text);
    const { properties, items } = node;
    if (isObject(properties))
      for (const [name, property] of Object.entries(properties)) {
        words.push(name);
        visit(property, depth + 1);
      }
    visit(items, depth + 1);
  };
  visit(schema, 0);
  return words.join(' ').slice(0, ARGUMENTS_CHARS_MAX);
};

import type { Ajv, AnySchemaObject } from 'ajv';
import { isObject, memberText, serverCodec, withMembers } from '#libs/mcp';

const SCHEMA_CHARS_MAX = 262_144;
/** The members of an upstream's list that are looked at before others get their turn. */
const BATCH = 16;

/**
 * Finds output schemas that a client could not compile. An official SDK before 2026-07-28 gives up the whole list for
 * one of them, a later one every call of its tool.
 */
export class OutputSchemas {
  private compiled = 0;

  private constructor(
    private readonly classic: Ajv,
    private readonly of2019: Ajv,
    private readonly of2020: Ajv,
  ) {}

  /** Loaded when the first one is looked at: most upstreams have none. */
  static async load(): Promise<OutputSchemas> {
    const [{ Ajv }, { Ajv2019 }, { Ajv2020 }, { default: formats }] = await Promise.all([
      import('ajv'),
      import('ajv/dist/2019.js'),
      import('ajv/dist/2020.js'),
      import('ajv-formats'),
    ]);
    // As the SDKs have them.
    const options = {
      strict: false,
      validateFormats: true,
      validateSchema: false,
      allErrors: true,
      logger: false,
    } as const;
    const engines = [new Ajv(options), new Ajv2019(options), new Ajv2020(options)] as const;
    for (const engine of engines) formats.default(engine);
    return new OutputSchemas(...engines);
  }

  /** The definition of a tool, without its output schema where that is of no use; `problem` says why. */
  async read(definition: string): Promise<{ definition: string; problem: string | null }> {
    if (++this.compiled % BATCH === 0) await new Promise(setImmediate);
    const text = memberText(definition, 'outputSchema');
    if (text === undefined) return { definition, problem: null };
    // In one list two schemas of one id would be taken for each other.
    const anonymous = withMembers(definition, { outputSchema: withMembers(text, { $id: null }) });
    const problem = this.problemWith(anonymous);
    if (problem !== null) return { definition: withMembers(definition, { outputSchema: null }), problem };
    return { definition: text.includes('"$id"') ? anonymous : definition, problem: null };
  }

  private problemWith(definition: string): string | null {
    const text = memberText(definition, 'outputSchema') ?? '';
    if (text.length > SCHEMA_CHARS_MAX) return 'it is too large';
    if (text.includes('"$id"')) return 'parts of it have ids of their own';
    const legacy = memberText(serverCodec('2025-11-25').definition('tools', definition), 'outputSchema');
    try {
      compile(this.engineOf(JSON.parse(text)), text);
      if (legacy !== undefined) compile(this.classic, legacy);
      return null;
    } catch (error) {
      return `it does not compile (${error instanceof Error ? error.message.slice(0, 128) : 'for no reason that was told'})`;
    }
  }

  private engineOf(schema: unknown): Ajv {
    const dialect = isObject(schema) && typeof schema.$schema === 'string' ? schema.$schema.replace(/#$/, '') : null;
    if (dialect === null || /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema$/.test(dialect)) return this.of2020;
    if (/^https?:\/\/json-schema\.org\/draft\/2019-09\/schema$/.test(dialect)) return this.of2019;
    if (/^https?:\/\/json-schema\.org\/draft-0[67]\/schema$/.test(dialect)) return this.classic;
    throw new Error(`its dialect ${dialect.slice(0, 64)} is not supported`);
  }
}

const compile = (engine: Ajv, text: string): void => {
  const schema = JSON.parse(text) as AnySchemaObject;
  try {
    engine.compile(schema);
  } finally {
    engine.removeSchema(schema);
  }
};

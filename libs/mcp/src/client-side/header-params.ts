import { membersOf } from '../json/members.js';
import { isObject } from '../json/is-object.js';
import { encodeHeaderValue } from './header-value.js';

/** A tool parameter that `x-mcp-header` mirrors into an `Mcp-Param-*` header. */
export interface HeaderMirror {
  readonly header: string;
  readonly path: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean';
}

const KEY = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const DEPTH_MAX = 64;
const NODES_MAX = 20_000;

type Json = Readonly<Record<string, unknown>>;

/**
 * The header mirrors a tool's `inputSchema` declares, or why the tool has to be refused: one illegal annotation makes
 * the whole definition invalid.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#schema-extension
 */
export const headerMirrorsOf = (inputSchema: unknown): { mirrors: HeaderMirror[] } | { reason: string } => {
  const mirrors: HeaderMirror[] = [];
  const names = new Set<string>();
  let nodes = 0;

  const annotate = (schema: Json, path: readonly string[], reachable: boolean): string | null => {
    const header = schema[KEY];
    if (!reachable || path.length === 0) return `${KEY} stands where no chain of properties leads`;
    if (typeof header !== 'string' || header === '') return `${KEY} of "${path.join('.')}" is not a name`;
    if (!TOKEN.test(header)) return `${KEY} of "${path.join('.')}" is not a header name`;
    if (names.has(header.toLowerCase())) return `${KEY} "${header}" stands twice`;
    const { type } = schema;
    if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
      return `${KEY} "${header}" stands on a parameter that is not a string, integer or boolean`;
    }
    names.add(header.toLowerCase());
    mirrors.push({ header, path, type });
    return null;
  };

  const visitProperties = (
    properties: Json,
    path: readonly string[],
    reachable: boolean,
    depth: number,
  ): string | null => {
    for (const [name, property] of Object.entries(properties)) {
      const problem = visit(property, [...path, name], reachable, depth + 1);
      if (problem !== null) return problem;
    }
    return null;
  };

  const visit = (node: unknown, path: readonly string[], reachable: boolean, depth: number): string | null => {
    if (typeof node !== 'object' || node === null) return null;
    if (depth > DEPTH_MAX || ++nodes > NODES_MAX) return 'the schema is too deep or too large';
    if (Array.isArray(node)) {
      for (const item of node) {
        const problem = visit(item, path, false, depth + 1);
        if (problem !== null) return problem;
      }
      return null;
    }
    const schema = node as Json;
    if (Object.hasOwn(schema, KEY)) {
      const problem = annotate(schema, path, reachable);
      if (problem !== null) return problem;
    }
    for (const [keyword, value] of Object.entries(schema)) {
      // Plain data, in which the word means nothing.
      if (keyword === 'default' || keyword === 'const' || keyword === 'enum' || keyword === 'examples') continue;
      const isProperties = keyword === 'properties' && isObject(value);
      const problem = isProperties
        ? visitProperties(value, path, reachable, depth)
        : visit(value, path, false, depth + 1);
      if (problem !== null) return problem;
    }
    return null;
  };

  const reason = visit(inputSchema, [], true, 0);
  return reason === null ? { mirrors } : { reason };
};

/** The `Mcp-Param-*` headers for a call, as a flat list of names and values, read from the text of its `params`. */
export const mirrorHeaders = (mirrors: readonly HeaderMirror[], paramsText: string): string[] => {
  const headers: string[] = [];
  for (const { header, path } of mirrors) {
    const raw = textAt(paramsText, ['arguments', ...path]);
    if (raw === undefined || raw === 'null' || raw.startsWith('{') || raw.startsWith('[')) continue;
    headers.push(`mcp-param-${header}`, encodeHeaderValue(scalarText(raw)));
  }
  return headers;
};

/** `12` stays as it is written, however long; `1.2e1` becomes decimal. */
const scalarText = (raw: string): string => {
  if (raw.startsWith('"')) return JSON.parse(raw) as string;
  return /^-?\d+$/.test(raw) || raw === 'true' || raw === 'false' ? raw : String(Number(raw));
};

const textAt = (text: string, path: readonly string[]): string | undefined => {
  let from = 0;
  let end = text.length;
  for (const key of path) {
    if (text[from] !== '{' && from !== 0) return undefined;
    const member = membersOf(text, from).find((candidate) => candidate.key === key);
    if (member === undefined) return undefined;
    from = member.valueStart;
    end = member.end;
  }
  return text.slice(from, end);
};

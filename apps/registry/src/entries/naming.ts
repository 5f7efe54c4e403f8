import type { EntryKind } from '../storage/entry-kind.js';

/**
 * What an upstream's entries are called towards clients. A tool or prompt is `<prefix><name>`; the prefix is the
 * gateway's slug and a dash unless the gateway says otherwise. Names are never split again: whoever looks one up
 * compares it whole, so `a-b` + `c` and `a` + `b-c` are one name and collide.
 */

/** `contextforge`: as that gateway spells them, in lower case with a dash for all that is no letter or digit. */
export const TOOL_NAME_STYLES = ['exact', 'contextforge'] as const;
export type ToolNameStyle = (typeof TOOL_NAME_STYLES)[number];

/** How a gateway names what it offers. */
export interface Naming {
  readonly prefix: string;
  readonly style: ToolNameStyle;
}

const NAME_LENGTH_MAX = 128;
/** Bytes; a URI stands in an index, and PostgreSQL takes no index row beyond 2700. */
const URI_BYTES_MAX = 2048;
const SLUG_LENGTH_MAX = 64;

/** https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool-names */
const TOOL_NAME = /^[A-Za-z0-9_.-]+$/;
/** Control and format characters, surrogates, private use, line and paragraph separators: none of them can be seen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

export const TOOL_PREFIX = /^[A-Za-z0-9_.-]{0,64}$/;

/** Empty when the name has no letter or digit a slug can hold. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^-|-$/g, '');

/** What of a gateway decides over names. */
export interface NamedGateway {
  readonly slug: string;
  readonly toolPrefix: string | null;
  readonly toolNameStyle: ToolNameStyle;
}

export const prefixOf = (gateway: Pick<NamedGateway, 'slug' | 'toolPrefix'>): string =>
  gateway.toolPrefix ?? `${gateway.slug}-`;

export const namingOf = (gateway: NamedGateway): Naming => ({
  prefix: prefixOf(gateway),
  style: gateway.toolNameStyle,
});

/** Resources keep their URI, which is theirs already. */
export const exposedNameOf = (kind: EntryKind, { prefix, style }: Naming, name: string): string | null =>
  kind === 'tool' || kind === 'prompt' ? prefix + styled(name, style) : null;

/** Letters that no decomposition takes to ASCII. */
const LETTERS: Readonly<Record<string, string>> = { æ: 'ae', ß: 'ss', ø: 'o' };

const styled = (name: string, style: ToolNameStyle): string =>
  style === 'exact'
    ? name
    : name
        .toLowerCase()
        .replace(/(?<=[\p{L}\p{N}_])['’](?=[\p{L}\p{N}_])/gu, '')
        .replace(/[^\p{L}\p{N}]+/gu, '-')
        .replace(/^-|-$/g, '')
        .replace(/[æßø]/g, (letter) => LETTERS[letter] ?? '')
        .normalize('NFKD')
        .replace(/[^a-z0-9-]/g, '');

/** Why a name or URI cannot be offered; null when it can. */
export const problemWithName = (kind: EntryKind, name: string, { prefix, style }: Naming): string | null => {
  if (name === '') return 'the name is empty';
  if (kind === 'resource' || kind === 'template') {
    if (INVISIBLE.test(name)) return 'the URI has control or invisible characters';
    return Buffer.byteLength(name) > URI_BYTES_MAX ? `the URI is longer than ${URI_BYTES_MAX} bytes` : null;
  }
  const shown = styled(name, style);
  if (shown === '') return 'nothing is left of the name';
  if (kind === 'tool' && !TOOL_NAME.test(shown)) return 'the name has characters other than A-Z a-z 0-9 _ . -';
  if (INVISIBLE.test(name)) return 'the name has control or invisible characters';
  const length = prefix.length + shown.length;
  if (length > NAME_LENGTH_MAX) return `the name is longer than ${NAME_LENGTH_MAX} characters with its prefix`;
  return null;
};

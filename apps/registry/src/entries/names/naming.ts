import { createHash } from 'node:crypto';
import type { EntryKind } from '../../storage/entry-kind.js';
import { peerKindOf } from './peer-kind.js';

/**
 * What an upstream's entries are called towards clients. A tool or prompt is `<prefix><name>`; the prefix is the
 * gateway's slug and a dash unless the gateway says otherwise. Names are never split again: whoever looks one up
 * compares it whole, so `a-b` + `c` and `a` + `b-c` are one name and collide. A peer gateway has put prefixes before its
 * names already: where one begins with the very slug that it has here, it is not put there again.
 */

/**
 * `contextforge`: as that gateway spells them, in lower case with a dash for all that is no letter or digit. `fitted`: as the
 * models of all clients take them.
 */
export const TOOL_NAME_STYLES = ['exact', 'contextforge', 'fitted'] as const;
export type ToolNameStyle = (typeof TOOL_NAME_STYLES)[number];

/** How a gateway names what it offers. */
export interface Naming {
  readonly prefix: string;
  readonly style: ToolNameStyle;
  /** Of a peer gateway without a prefix of its own: its slug, which is not repeated. */
  readonly peerSlug?: string;
}

const NAME_LENGTH_MAX = 128;
/** Bytes; a name or URI stands in an index, and PostgreSQL takes no index row beyond 2700. */
const INDEXED_BYTES_MAX = 2048;
const SLUG_LENGTH_MAX = 64;

/** MCP itself only advises: https://modelcontextprotocol.io/specification/2026-07-28/server/tools#tool-names */
const FITTING_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const FITTING_LENGTH_MAX = 64;
const HASH_CHARS = 8;
/** Control and format characters, surrogates, private use, line and paragraph separators: none of them can be seen. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

export const TOOL_PREFIX = /^[A-Za-z0-9_.-]{0,64}$/;

export const SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Of a name in letters that a slug cannot hold a digest stands for it. Empty when it has no letter or digit at all. */
export const slugOf = (name: string): string => {
  const folded = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_LENGTH_MAX)
    .replace(/^-|-$/g, '');
  return folded === '' && /[\p{L}\p{N}]/u.test(name) ? `server-${hashOf(name.normalize('NFC'))}` : folded;
};

/** The slug that is asked for, else the one that was given before, else the one that the name comes down to. */
export const slugFor = (
  asked: { readonly name?: string | undefined; readonly slug?: string | null | undefined },
  before: { readonly name: string; readonly slug: string } | null,
): string => {
  if (asked.slug && asked.slug !== before?.slug) return asked.slug;
  const wasGiven = before !== null && before.slug !== slugOf(before.name);
  return wasGiven ? before.slug : slugOf(asked.name ?? before?.name ?? '');
};

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH_CHARS);

/** What of a gateway decides over names. */
export interface NamedGateway {
  readonly slug: string;
  readonly toolPrefix: string | null;
  readonly toolNameStyle: ToolNameStyle;
  /** What the upstream says of itself. */
  readonly serverInfo: Readonly<Record<string, unknown>>;
}

export const prefixOf = (gateway: Pick<NamedGateway, 'slug' | 'toolPrefix'>): string =>
  gateway.toolPrefix ?? `${gateway.slug}-`;

export const namingOf = (gateway: NamedGateway): Naming => ({
  prefix: prefixOf(gateway),
  style: gateway.toolNameStyle,
  ...(gateway.toolPrefix === null && peerKindOf(gateway.serverInfo) !== null && { peerSlug: gateway.slug }),
});

/** Resources keep their URI, which is theirs already. */
export const exposedNameOf = (kind: EntryKind, naming: Naming, name: string): string | null =>
  kind === 'tool' || kind === 'prompt' ? shownName(name, naming) : null;

/** Whether the models of all clients take it for the name of a tool. */
export const isFitting = (exposedName: string): boolean => FITTING_NAME.test(exposedName);

const shownName = (name: string, naming: Naming): string => {
  const prefix = prefixBefore(name, naming);
  return naming.style === 'fitted' ? fitted(prefix, name) : prefix + styled(name, naming.style);
};

const prefixBefore = (name: string, { prefix, peerSlug }: Naming): string => {
  const isThere = peerSlug !== undefined && name.startsWith(peerSlug) && SEPARATED.test(name.slice(peerSlug.length));
  return isThere ? '' : prefix;
};

/** What gateways put between a prefix and a name. */
const SEPARATED = /^[-_.]{1,2}[^-_.]/;

/**
 * What models do not take becomes `_`, and what is too long is cut. A name that had to be changed ends in a digest of what it
 * was, so it is the same whatever stands beside it, and no two become one.
 */
const fitted = (prefix: string, name: string): string => {
  if (isFitting(prefix + name)) return prefix + name;
  const cleaned = (prefix + name).replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, FITTING_LENGTH_MAX - HASH_CHARS - 1);
  return `${cleaned.replace(/_$/, '')}_${hashOf(name)}`;
};

/** Letters that no decomposition takes to ASCII. */
const LETTERS: Readonly<Record<string, string>> = { æ: 'ae', ß: 'ss', ø: 'o' };

const styled = (name: string, style: Exclude<ToolNameStyle, 'fitted'>): string =>
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
export const problemWithName = (kind: EntryKind, name: string, naming: Naming): string | null => {
  const { style } = naming;
  if (name === '') return 'the name is empty';
  const isUri = kind === 'resource' || kind === 'template';
  const what = isUri ? 'URI' : 'name';
  if (INVISIBLE.test(name)) return `the ${what} has control or invisible characters`;
  if (Buffer.byteLength(name) > INDEXED_BYTES_MAX) return `the ${what} is longer than ${INDEXED_BYTES_MAX} bytes`;
  if (isUri || style === 'fitted') return null;
  const shown = styled(name, style);
  if (shown === '') return 'nothing is left of the name';
  const length = prefixBefore(name, naming).length + shown.length;
  if (length > NAME_LENGTH_MAX) return `the name is longer than ${NAME_LENGTH_MAX} characters with its prefix`;
  return null;
};

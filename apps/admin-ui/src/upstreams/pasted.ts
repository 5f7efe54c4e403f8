import { type ParseError, parse } from 'jsonc-parser';
import type { View } from '../api/client.ts';

export type Registration = View<'RegisterGatewayBody'>;

/** What was pasted cannot be read; the message is for whoever pasted it. */
export class UnreadableError extends Error {}

/**
 * What somebody has of an upstream: its URL, the command that starts it, or the part of a client's mcp.json that names it
 * (or several). Throws an `UnreadableError`.
 */
export const readPasted = (text: string): readonly Registration[] => {
  const pasted = text.trim();
  if (pasted === '') throw new UnreadableError('Paste a URL, a command or an mcp.json');
  if (pasted.startsWith('{')) return readConfiguration(pasted);
  if (/^https?:\/\//i.test(pasted)) return [ofUrl(pasted)];
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(pasted))
    throw new UnreadableError('Upstreams are at http: or https: addresses, or are commands');
  return [ofCommand(wordsOf(pasted))];
};

const ofUrl = (url: string, name?: string): Registration => {
  if (!URL.canParse(url)) throw new UnreadableError('This is no valid URL');
  return { name: name ?? nameOfHost(new URL(url)), url, transport: 'AUTO' };
};

const DULL_LABEL = /^(www|mcp|api|gateway)$/i;

const nameOfHost = ({ hostname, port }: URL): string => {
  if (/^[\d.[\]:]+$|^localhost$/.test(hostname)) return `${hostname.replace(/[^\w]+/g, '-')}${port && `-${port}`}`;
  return hostname.split('.').find((label) => !DULL_LABEL.test(label)) ?? hostname;
};

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

const ofCommand = (words: readonly string[], name?: string): Registration => {
  const first = words.findIndex((word) => !ASSIGNMENT.test(word));
  if (first < 0) throw new UnreadableError('There is no command after the variables');
  const env = Object.fromEntries(
    words.slice(0, first).map((word) => {
      const [, key = '', value = ''] = ASSIGNMENT.exec(word) ?? [];
      return [key, value];
    }),
  );
  const [command = '', ...args] = words.slice(first);
  return {
    name: name ?? nameOfProgram([command, ...args]),
    transport: 'STDIO',
    command,
    args,
    ...(first > 0 && { env }),
  };
};

/** `npx -y @modelcontextprotocol/server-filesystem /tmp` is `filesystem`. */
const nameOfProgram = (words: readonly string[]): string => {
  const named = words.slice(1).find((word) => /^@?[\w.-]+(\/[\w.-]+)?(@[\w.-]+)?$/.test(word) && !word.startsWith('-'));
  const base =
    (named ?? words[0] ?? '')
      .replace(/(?<=.)@[\w.-]+$/, '')
      .split('/')
      .at(-1) ?? '';
  const name = base.replace(/\.(m?js|py|sh|exe)$/, '').replace(/^(mcp-)?server-|^mcp-|-mcp(-server)?$/g, '');
  return name || 'upstream';
};

/** As a shell reads words in quotes; nothing else of a shell. */
const wordsOf = (line: string): readonly string[] => {
  if (/[\n;|&<>`]|\$\(/.test(line.replace(/"[^"]*"|'[^']*'/g, '')))
    throw new UnreadableError('A command is one program with its arguments: no shell reads it');
  const words = line.match(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replace(/\\(["\\])/g, '$1'),
    ),
  );
};

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A server of an mcp.json, and what would be registered of it; or why nothing would be. */
export interface Entry {
  readonly name: string;
  readonly body: Registration | null;
  readonly problem: string | null;
}

/** Each server of an mcp.json by itself: one that cannot be read takes no other with it. Throws an `UnreadableError`. */
export const previewPasted = (text: string): readonly Entry[] =>
  serversIn(text.trim()).map(([name, entry]) => {
    try {
      const body = readEntry(name, entry);
      return { name: body.name, body, problem: null };
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      return { name: name ?? 'server', body: null, problem: error.message };
    }
  });

const readConfiguration = (text: string): readonly Registration[] =>
  serversIn(text).map(([name, entry]) => readEntry(name, entry));

/** By name; one that stands alone has none. */
const serversIn = (text: string): readonly (readonly [string | undefined, unknown])[] => {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined || !isMembers(value)) {
    const line = text.slice(0, error?.offset ?? 0).split('\n').length;
    throw new UnreadableError(`This is no valid JSON: see line ${line}`);
  }
  const servers = value['mcpServers'] ?? value['servers'] ?? value['context_servers'] ?? value;
  if (!isMembers(servers)) throw new UnreadableError('"mcpServers" is no object of servers');
  if (isEntry(servers)) return [[undefined, servers]];
  const entries = Object.entries(servers);
  if (entries.length === 0) throw new UnreadableError('It names no server');
  return entries;
};

const readEntry = (name: string | undefined, entry: unknown): Registration => {
  if (!isMembers(entry) || !isEntry(entry)) throw new UnreadableError(`"${name}" has neither a command nor a url`);
  return ofEntry(name, entry);
};

const isEntry = (entry: Members): boolean =>
  ['command', 'url', 'serverUrl', 'httpUrl'].some((member) => typeof entry[member] === 'string');

const PLACEHOLDER = /\$\{[^}]+\}/;

const ofEntry = (name: string | undefined, entry: Members): Registration => {
  const unfilled = PLACEHOLDER.exec(JSON.stringify(entry))?.[0];
  if (unfilled !== undefined)
    throw new UnreadableError(
      `Put its value in place of ${unfilled}${name === undefined ? '' : ` of "${name}"`} first`,
    );
  const url = entry['url'] ?? entry['serverUrl'] ?? entry['httpUrl'];
  if (typeof url === 'string') {
    const isSse = entry['type'] === 'sse' || entry['transport'] === 'sse';
    const headers = Object.entries(textsOf(entry['headers'])).map(([key, value]) => ({ key, value }));
    return {
      ...ofUrl(url, name),
      ...(isSse && { transport: 'SSE' as const }),
      ...(headers.length > 0 && { authType: 'authheaders' as const, authHeaders: headers }),
    };
  }
  const args = Array.isArray(entry['args']) ? entry['args'].map(String) : [];
  const env = textsOf(entry['env']);
  return {
    ...ofCommand([String(entry['command']), ...args], name),
    ...(Object.keys(env).length > 0 && { env }),
    ...(typeof entry['cwd'] === 'string' && { cwd: entry['cwd'] }),
  };
};

const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  isMembers(value) ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, String(member)])) : {};

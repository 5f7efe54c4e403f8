import { isObject } from '#libs/mcp';
import { entriesOf, type Json, memberOf, stringOf, stringsOf } from '../json.js';
import type { ServerTemplate } from './document.js';
import { invalid } from './parse-text.js';

const SERVERS_MAX = 100;

/** The `servers` of 3.x; `undefined` where there are none. */
export const serversOf = (value: unknown): ServerTemplate[] | undefined => {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const servers: ServerTemplate[] = [];
  for (const server of value.slice(0, SERVERS_MAX)) {
    const url = stringOf(memberOf(server, 'url'));
    if (url === undefined || !isObject(server)) continue;
    const description = stringOf(server['description']);
    servers.push({
      url,
      ...(description !== undefined && { description }),
      variables: variablesOf(server['variables']),
    });
  }
  return servers.length === 0 ? undefined : servers;
};

const variablesOf = (value: unknown): ServerTemplate['variables'] =>
  Object.fromEntries(
    entriesOf(value).map(([name, variable]) => {
      const options = stringsOf(memberOf(variable, 'enum'));
      const preset = memberOf(variable, 'default');
      return [name, { default: textOf(preset), ...(options.length > 0 && { enum: options }) }];
    }),
  );

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';

/** The servers of 2.0: one for each scheme, or the `basePath` alone where no host is named. */
export const serversOfSwagger = (root: Json): ServerTemplate[] => {
  const basePath = stringOf(root['basePath']) ?? '';
  const host = stringOf(root['host']);
  const path = basePath === '' || basePath.startsWith('/') ? basePath : `/${basePath}`;
  if (host === undefined || host === '') return [{ url: path === '' ? '/' : path, variables: {} }];
  const schemes = stringsOf(root['schemes']).filter((scheme) => scheme === 'https' || scheme === 'http');
  return (schemes.length === 0 ? ['https'] : schemes.sort().reverse()).map((scheme) => ({
    url: `${scheme}://${host}${path}`,
    variables: {},
  }));
};

/** What an operator decides about the server. */
export interface ServerChoice {
  /**
   * With a path of its own it is the whole base; without one it takes the place of the host, and the path of the
   * document's server is kept.
   */
  readonly serverUrl?: string;
  /** Which of the document's servers; the first by default. */
  readonly serverIndex?: number;
  readonly variables?: Readonly<Record<string, string>>;
  /** Where the document was read from: relative servers start there. */
  readonly documentUrl?: string;
}

/**
 * The base URL that the paths of the document are put behind, without a slash at its end. Throws `http.invalid` where
 * no host is known or the URL cannot be called.
 */
export const baseUrlOf = (servers: readonly ServerTemplate[], choice: ServerChoice): string => {
  const server = servers[choice.serverIndex ?? 0];
  if (choice.serverIndex !== undefined && server === undefined) {
    throw invalid(`The document has ${servers.length} servers; there is none with the index ${choice.serverIndex}`);
  }
  const written = server === undefined ? '/' : substituted(server, choice.variables ?? {});
  if (choice.serverUrl !== undefined) return chosenBase(choice.serverUrl, written);
  const base = parsed(written, choice.documentUrl);
  if (base === null) throw invalid('the document names no host: a server URL is needed');
  return callable(base);
};

const chosenBase = (serverUrl: string, written: string): string => {
  const chosen = parsed(serverUrl);
  if (chosen === null) throw invalid('The server URL is not a URL');
  const whole = callable(chosen);
  if (chosen.pathname !== '/') return whole;
  const path = /^[a-z][a-z0-9+.-]*:/i.test(written) ? parsed(written)?.pathname : written;
  return callable(parsed(path ?? '/', chosen.origin) ?? chosen);
};

const substituted = ({ url, variables }: ServerTemplate, given: Readonly<Record<string, string>>): string =>
  url.replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = Object.hasOwn(given, name) ? given[name] : variable?.default;
    if (value === undefined || value === '') throw invalid(`The server variable "${name}" needs a value`);
    if (variable?.enum !== undefined && !variable.enum.includes(value)) {
      throw invalid(`The server variable "${name}" must be one of ${variable.enum.join(', ').slice(0, 500)}`);
    }
    return value;
  });

const parsed = (url: string, base?: string): URL | null => URL.parse(url, base);

const callable = (url: URL): string => {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw invalid(`A server must be http or https, not ${url.protocol}`);
  if (url.username !== '' || url.password !== '') throw invalid('A server URL must not hold a user or a password');
  if (url.search !== '' || url.hash !== '') throw invalid('A server URL must not hold a query or a fragment');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

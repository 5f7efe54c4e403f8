import { toGatewayError } from '#libs/errors';
import { asObject } from '#libs/mcp';
import { parseText, type ReadLimits } from '#libs/openapi';
import { checkedBody, toCamelCase } from '#libs/service';
import { KnownServer } from './known-server.js';

export const CATALOG_BYTES_MAX = 1024 * 1024;
const SERVERS_MAX = 1_000;
const PROBLEMS_MAX = 50;
const LIMITS: ReadLimits = { bytesMax: CATALOG_BYTES_MAX, depthMax: 10, valuesMax: 100_000, operationsMax: 0 };

/** What the file holds. Where something is wrong with an entry, the entry is left out and the reason stands in `problems`. */
export interface CatalogText {
  readonly servers: readonly KnownServer[];
  readonly problems: readonly string[];
}

/** What only lists the words that its entries use; they are counted from the entries here. */
const MEMBERS = new Set(['catalog_servers', 'categories', 'auth_types', 'catalogServers', 'authTypes']);

/** Reads a catalog's text, YAML or JSON, as ContextForge writes one. */
export const readCatalogText = async (text: string): Promise<CatalogText> => {
  let document: Readonly<Record<string, unknown>>;
  try {
    document = parseText(text, LIMITS);
  } catch (error) {
    return failed(toGatewayError(error).message);
  }
  const entries = document['catalog_servers'] ?? document['catalogServers'];
  if (!Array.isArray(entries)) return failed('"catalog_servers" must be a list');
  if (entries.length > SERVERS_MAX) return failed(`It has ${entries.length} servers; the limit is ${SERVERS_MAX}`);
  const servers = new Map<string, KnownServer>();
  const problems = Object.keys(document)
    .filter((name) => !MEMBERS.has(name))
    .map((name) => `"${name.slice(0, 64)}" is not known here`);
  for (const [at, entry] of (entries as unknown[]).entries()) {
    try {
      const server = await readEntry(entry);
      if (servers.has(server.id)) throw new Error('another entry has the same id');
      servers.set(server.id, server);
    } catch (error) {
      problems.push(`${nameOf(entry, at)}: ${reasonOf(error)}`);
    }
  }
  return { servers: [...servers.values()], problems: problems.slice(0, PROBLEMS_MAX) };
};

const failed = (problem: string): CatalogText => ({ servers: [], problems: [problem] });

const readEntry = async (entry: unknown): Promise<KnownServer> => {
  const server = await checkedBody(toCamelCase(asObject(entry)) as object, KnownServer);
  assertUrl('url', server.url);
  const { oauthConfig = {} } = server;
  for (const member of ['authorizeUrl', 'tokenUrl', 'issuer'] as const)
    if (oauthConfig[member] !== undefined) assertUrl(`oauthConfig.${member}`, oauthConfig[member]);
  for (const member of ['logoUrl', 'documentationUrl'] as const)
    if (server[member] !== undefined) assertWeb(member, server[member]);
  if (server.apiKeyHeader !== undefined && server.apiKeyQuery !== undefined)
    throw new Error('apiKeyHeader and apiKeyQuery: an API key stands in one of them');
  return server;
};

const assertWeb = (member: string, text: string): URL => {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new Error(`${member} must be an http or https URL`);
  return url;
};

const assertUrl = (member: string, text: string): void => {
  const url = assertWeb(member, text);
  if (url.username !== '' || url.password !== '') throw new Error(`${member} must not hold a credential`);
  if (url.search !== '' || url.hash !== '') throw new Error(`${member} must not have a query or a fragment`);
};

const nameOf = (entry: unknown, at: number): string => {
  const { id } = asObject(entry);
  return typeof id === 'string' && id !== '' ? `"${id.slice(0, 64)}"` : `entry ${at + 1}`;
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/^The request is not valid: /, '') : 'it cannot be read';

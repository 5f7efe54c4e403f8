import { fail } from '#libs/errors';
import type { PassedHeadersSettings } from '../../gateways/passed-headers/passed-headers.js';
import { credentialMembers, credentialQuery } from './credential/credential.js';
import { plainCredential } from './credential/plain-credential.js';
import { readPassedHeaders } from './passed-headers.js';
import { readOAuthConfig } from './credential/oauth-config.js';
import { addressesOf, readBeyond } from '../beyond/beyond-form.js';
import { CREDENTIAL_LEFT_OUT, type FileEntry, LeftOut, isEmpty, isObject, quoted, textMembers } from '../file-entry.js';
import { bodyOfCredential, type OpenedCredential } from '../sealing/credential-body.js';
import type { SealedCredentials } from '../sealing/opened-credentials.js';

/** What a file says of something that is to be made here, as the body of the request that would make it. */
export interface ReadEntry {
  readonly body: Readonly<Record<string, unknown>>;
  readonly enabled: boolean;
  /** It has one where it was exported, which the file does not hold. */
  readonly isWithoutCredential: boolean;
  /** What of the entry is not taken over, in sentences. */
  readonly notes: readonly string[];
}

/** How the file calls transports, and how this gateway does. */
const TRANSPORTS: ReadonlyMap<string, string> = new Map([
  ['SSE', 'SSE'],
  ['STREAMABLEHTTP', 'STREAMABLEHTTP'],
  ['STREAMABLE_HTTP', 'STREAMABLEHTTP'],
  ['HTTP', 'AUTO'],
  ['AUTO', 'AUTO'],
  ['STDIO', 'STDIO'],
  ['OPENAPI', 'OPENAPI'],
  ['GRPC', 'GRPC'],
  ['A2A', 'A2A'],
]);

/** What reading an entry depends on. */
export interface ReadingTerms {
  readonly secret: string | undefined;
  readonly sealed: SealedCredentials;
  readonly passedHeaders: PassedHeadersSettings;
  /** Whether something of its name is here already, and is to become what it says. */
  readonly isUpdate: boolean;
}

/** A gateway of the file. Rejects with `LeftOut` where it cannot be one here, `http.invalid` where it is none. */
export const readGateway = async (
  entry: FileEntry,
  { secret, sealed, passedHeaders, isUpdate }: ReadingTerms,
): Promise<ReadEntry> => {
  const { transport: said } = entry;
  const transport = isEmpty(said) ? 'AUTO' : typeof said === 'string' && TRANSPORTS.get(said.toUpperCase());
  if (!transport) throw new LeftOut(`its transport ${quoted(said)} is not supported`);
  const isWithoutCredential = CREDENTIAL_LEFT_OUT in entry;
  const {
    members,
    query = '',
    documentQuery,
    notes = [],
  } = isWithoutCredential ? NOTHING_GIVEN : await gatewayCredential(entry, transport, secret, sealed);
  const beyond = readBeyond(entry, transport, isUpdate);
  const certificates = readCertificates(entry);
  const passed = readPassedHeaders(entry['passthrough_headers'], passedHeaders);
  return {
    body: {
      name: entry['name'],
      ...addressOf(entry, transport, query),
      transport,
      toolNameStyle: entry['tool_name_style'] ?? 'contextforge',
      toolPrefix: entry['tool_prefix'] ?? null,
      ...textMembers(entry),
      ...withDocumentQuery(beyond, documentQuery),
      ...members,
      ...passed.members,
      ...certificates.members,
    },
    enabled: entry['is_active'] !== false,
    isWithoutCredential,
    notes: [...notes, ...passed.notes, ...certificates.notes],
  };
};

/** ContextForge may name files instead, which are on another machine. */
const readCertificates = (entry: FileEntry): { members: Record<string, unknown>; notes: string[] } => {
  const given = [
    ['caCertificate', 'ca_certificate'],
    ['clientCert', 'client_cert'],
    ['clientKey', 'client_key'],
  ].filter(([, member = '']) => !isEmpty(entry[member])) as [string, string][];
  const other = given.find(([, member]) => !String(entry[member]).includes('-----BEGIN '));
  if (other !== undefined)
    return { members: {}, notes: [`its ${other[1]} is no PEM text, so its certificates are not taken over`] };
  return { members: Object.fromEntries(given.map(([name, member]) => [name, entry[member]])), notes: [] };
};

interface GatewayCredential extends OpenedCredential {
  readonly notes?: readonly string[];
}

const NOTHING_GIVEN: GatewayCredential = { members: {} };

/** A program has none but its environment; the document of an HTTP API says where the API is. */
const addressOf = (entry: FileEntry, transport: string, query: string): Record<string, unknown> => {
  if (transport === 'STDIO' || transport === 'OPENAPI') return {};
  const url = httpUrl(entry['url']);
  return { url: query === '' ? url.given : withQuery(url.parsed, query) };
};

const withDocumentQuery = (beyond: FileEntry, query: string | undefined): FileEntry => {
  const { openapi } = beyond;
  if (query === undefined || !isObject(openapi)) return beyond;
  return { ...beyond, openapi: { ...openapi, documentUrl: withQuery(httpUrl(openapi['documentUrl']).parsed, query) } };
};

const gatewayCredential = async (
  entry: FileEntry,
  transport: string,
  secret: string | undefined,
  sealed: SealedCredentials,
): Promise<GatewayCredential> => {
  const opened = sealed.open(entry);
  if (opened !== null) return bodyOfCredential(entry, opened);
  if (transport === 'STDIO') return NOTHING_GIVEN;
  const plain = plainCredential(entry);
  if (plain !== null) return { members: plain };
  switch (entry['auth_type']) {
    case 'oauth': {
      const { oauthConfig, notes } = await readOAuthConfig(entry, secret);
      return { members: { authType: 'oauth', oauthConfig }, notes };
    }
    case 'query_param':
      return { members: { authType: 'none' }, query: credentialQuery(entry, secret) };
    default:
      return { members: credentialMembers(entry, secret) };
  }
};

/** A tool of the file that is a route of an HTTP API. Throws `LeftOut` where it cannot be one here, `http.invalid` where it is none. */
export const readTool = (entry: FileEntry, secret: string | undefined, sealed: SealedCredentials): ReadEntry => {
  const { integration_type: kind = 'REST', displayName: title, name, timeout_ms: timeoutMs } = entry;
  if (kind !== 'REST') throw new LeftOut(`tools of the integration_type ${quoted(kind)} come from their server`);
  const opened = sealed.open(entry);
  const { members, query = '' } =
    opened === null ? { members: credentialMembers(entry, secret) } : bodyOfCredential(entry, opened);
  const unread = ['output_schema', 'rate_limit', 'timeout'].filter((member) => !isEmpty(entry[member]));
  return {
    body: {
      name,
      url: query === '' ? entry['url'] : withQuery(httpUrl(entry['url']).parsed, query),
      requestType: entry['request_type'] ?? 'POST',
      inputSchema: entry['input_schema'] ?? undefined,
      ...(typeof title === 'string' && title !== '' && title !== name && { title }),
      ...present('headers', entry['headers']),
      ...present('annotations', entry['annotations']),
      ...present('pathTemplate', entry['path_template']),
      ...present('queryMapping', entry['query_mapping']),
      ...present('headerMapping', entry['header_mapping']),
      ...present('jsonpathFilter', entry['jsonpath_filter']),
      ...present('timeoutMs', timeoutMs),
      ...addressesOf(entry, true),
      ...textMembers(entry),
      ...members,
    },
    enabled: entry['is_active'] !== false,
    isWithoutCredential: CREDENTIAL_LEFT_OUT in entry,
    notes: unread.map((member) => `its ${member} is not taken over`),
  };
};

const present = (member: string, value: unknown): Record<string, unknown> =>
  isEmpty(value) ? {} : { [member]: value };

const httpUrl = (given: unknown): { given: string; parsed: URL } => {
  const parsed = typeof given === 'string' ? URL.parse(given) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw fail('http.invalid', { message: 'its url is no http or https URL' });
  return { given: given as string, parsed };
};

const withQuery = (url: URL, query: string): string => {
  url.search = [url.search.slice(1), query].filter((part) => part !== '').join('&');
  return url.href;
};

import { fail } from '#libs/errors';
import { credentialMembers, credentialQuery } from './credential/credential.js';
import { readOAuthConfig } from './credential/oauth-config.js';
import { CREDENTIAL_LEFT_OUT, type FileEntry, LeftOut, isEmpty, quoted, textMembers } from '../file-entry.js';

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
]);

/** A gateway of the file. Rejects with `LeftOut` where it cannot be one here, `http.invalid` where it is none. */
export const readGateway = async (entry: FileEntry, secret: string | undefined): Promise<ReadEntry> => {
  const { transport: said } = entry;
  const transport = isEmpty(said) ? 'AUTO' : typeof said === 'string' && TRANSPORTS.get(said.toUpperCase());
  if (!transport) throw new LeftOut(`its transport ${quoted(said)} is not supported`);
  const { members, query = '', notes = [] } = await gatewayCredential(entry, secret);
  const url = httpUrl(entry['url']);
  return {
    body: {
      name: entry['name'],
      url: query === '' ? url.given : withQuery(url.parsed, query),
      transport,
      toolNameStyle: entry['tool_name_style'] ?? 'contextforge',
      toolPrefix: entry['tool_prefix'] ?? null,
      ...textMembers(entry),
      ...members,
    },
    enabled: entry['is_active'] !== false,
    isWithoutCredential: CREDENTIAL_LEFT_OUT in entry,
    notes: isEmpty(entry['passthrough_headers'])
      ? notes
      : [...notes, `passthrough_headers are not supported: ${quoted(entry['passthrough_headers'])} do not reach it`],
  };
};

interface GatewayCredential {
  /** Of the body. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Goes behind the URL. */
  readonly query?: string;
  readonly notes?: readonly string[];
}

const gatewayCredential = async (entry: FileEntry, secret: string | undefined): Promise<GatewayCredential> => {
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
export const readTool = (entry: FileEntry, secret: string | undefined): ReadEntry => {
  const { integration_type: kind = 'REST', displayName: title, name, timeout_ms: timeoutMs } = entry;
  if (kind !== 'REST') throw new LeftOut(`tools of the integration_type ${quoted(kind)} come from their server`);
  const unread = ['output_schema', 'rate_limit', 'timeout'].filter((member) => !isEmpty(entry[member]));
  return {
    body: {
      name,
      url: entry['url'],
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
      ...textMembers(entry),
      ...credentialMembers(entry, secret),
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

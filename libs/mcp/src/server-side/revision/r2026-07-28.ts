import { type GatewayError, fail } from '#libs/errors';
import { GATEWAY_META } from '../../gateway-way.js';
import { isObject } from '../../json/is-object.js';
import {
  CAPABILITY_MISSING,
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  RESOURCE_NOT_FOUND,
  URL_ELICITATION_REQUIRED,
  VERSION_UNSUPPORTED,
} from '../../jsonrpc-codes.js';
import type {
  CacheHints,
  Envelope,
  ForwardedMethod,
  HttpError,
  NeutralResult,
  ServerCapabilities,
  Operation,
  ServerCodec,
} from '../codec.js';
import type { ListKind } from '../../lists.js';
import { withoutMembers } from './definition-text.js';
import { VERSION_KEY } from '../era.js';
import { toHttpStatus, toRpcError } from '../failures.js';
import { checkMirror } from '../header-mirror.js';
import { type HeaderBag, singleHeaderValue } from '../header-value.js';
import type { ClientRequest } from '../message.js';
import type { RequestMeta } from '../request-meta.js';
import { isTaskMethod } from '../../tasks.js';
import { type JsonParts, type RpcError, appendMembers, withMembersBehind } from '../text.js';

/** https://modelcontextprotocol.io/specification/2026-07-28/schema : what a client may request. */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['server/discover', { does: 'discover' }],
  ['tools/list', { does: 'list', list: 'tools' }],
  ['tools/call', { does: 'call', method: 'tools/call' }],
  ['prompts/list', { does: 'list', list: 'prompts' }],
  ['prompts/get', { does: 'call', method: 'prompts/get' }],
  ['resources/list', { does: 'list', list: 'resources' }],
  ['resources/templates/list', { does: 'list', list: 'resourceTemplates' }],
  ['resources/read', { does: 'call', method: 'resources/read' }],
  ['completion/complete', { does: 'call', method: 'completion/complete' }],
  ['subscriptions/listen', { does: 'listen' }],
  // https://github.com/modelcontextprotocol/ext-tasks
  ['tasks/get', { does: 'call', method: 'tasks/get' }],
  ['tasks/update', { does: 'call', method: 'tasks/update' }],
  ['tasks/cancel', { does: 'call', method: 'tasks/cancel' }],
]);

const REVISION = '2026-07-28';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const INFO_KEY = 'io.modelcontextprotocol/clientInfo';
const LOG_LEVEL_KEY = 'io.modelcontextprotocol/logLevel';

/** Which param `Mcp-Name` mirrors. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
]);

const missing = (key: string) =>
  fail('mcp.meta_missing', { message: `params._meta["${key}"] is missing or malformed` });

/**
 * The order is the specification's: fields that are missing, then the header that must repeat the version, then whether
 * that version is served, then the other mirrors.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic#_meta
 */
const readEnvelope = (request: ClientRequest, meta: RequestMeta, headers: HeaderBag | null): Envelope => {
  const version = meta.value[VERSION_KEY];
  if (typeof version !== 'string') throw missing(VERSION_KEY);
  const capabilities = meta.value[CAPABILITIES_KEY];
  if (!isObject(capabilities)) throw missing(CAPABILITIES_KEY);
  if (headers !== null && singleHeaderValue(headers, 'mcp-protocol-version') !== version) {
    throw fail('mcp.header_mismatch', {
      message: 'Header mismatch: mcp-protocol-version is missing or differs from _meta',
    });
  }
  if (version !== REVISION) {
    throw fail('mcp.version_unsupported', { data: { supported: [REVISION], requested: version } });
  }
  if (headers !== null) checkMirrors(request, headers);
  const info = meta.value[INFO_KEY];
  const logLevel = meta.value[LOG_LEVEL_KEY];
  if (logLevel !== undefined && typeof logLevel !== 'string') {
    throw fail('mcp.params_invalid', { message: `params._meta["${LOG_LEVEL_KEY}"] must be a string` });
  }
  return { info: isObject(info) ? info : null, capabilities, logLevel };
};

const checkMirrors = ({ method, params }: ClientRequest, headers: HeaderBag): void => {
  checkMirror(headers, 'mcp-method', method, false);
  const namedBy = NAMED_BY.get(method);
  const name = namedBy === undefined ? undefined : params.value[namedBy];
  if (typeof name !== 'string') return;
  // Some clients leave it out where a task is named, and would lose what has run already.
  if (isTaskMethod(method) && headers['mcp-name'] === undefined) return;
  checkMirror(headers, 'mcp-name', name, true);
};

/** `execution` announced the experimental tasks of 2025-11-25; this revision has no such member. */
const definition = (list: ListKind, text: string): string =>
  list === 'tools' ? withoutMembers(text, ['execution']) : text;

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

const metaMember = (meta: NeutralResult['meta'], about: string): string => {
  const rest = meta === undefined ? '{}' : JSON.stringify(meta);
  return `"_meta":${appendMembers(rest, `"${SERVER_INFO_KEY}":${about}`)}`;
};

const complete = (about: string, meta?: NeutralResult['meta']): string =>
  `"resultType":"complete",${metaMember(meta, about)}`;

const cacheMembers = (cache: CacheHints): string => `"ttlMs":${cache.ttlMs},"cacheScope":"${cache.cacheScope}",`;

const listResult = (
  list: ListKind,
  definitions: readonly string[],
  nextCursor: string | null,
  cache: CacheHints,
  about: string,
): string => {
  const cursor = nextCursor === null ? '' : `"nextCursor":${JSON.stringify(nextCursor)},`;
  return `{"${list}":[${definitions.join(',')}],${cursor}${cacheMembers(cache)}${complete(about)}}`;
};

/** Cacheable are lists, discovery and `resources/read`. https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/caching */
const callResult = (method: ForwardedMethod, result: NeutralResult, about: string): JsonParts => {
  const cache = method === 'resources/read' ? cacheMembers(result.cache) : '';
  return withMembersBehind(result.body, `${cache}${complete(about, result.meta)}`);
};

const inputRequiredResult = (body: string, meta: NeutralResult['meta'], about: string): string =>
  appendMembers(body, `"resultType":"input_required",${metaMember(meta, about)}`);

const taskResult = (body: string, meta: NeutralResult['meta'], about: string): string =>
  appendMembers(body, `"resultType":"task",${metaMember(meta, about)}`);

const emptyResult = (about: string): string => `{${complete(about)}}`;

const discovery = (server: ServerCapabilities, about: string, cache: CacheHints): string => {
  const capabilities = {
    tools: { listChanged: true },
    prompts: { listChanged: true },
    resources: { listChanged: true, subscribe: server.subscribe },
    ...(server.logging && { logging: {} }),
    ...(server.completions && { completions: {} }),
    ...(Object.keys(server.extensions).length > 0 && { extensions: server.extensions }),
  };
  const instructions = server.instructions === null ? '' : `"instructions":${JSON.stringify(server.instructions)},`;
  const meta = server.gatewayId === undefined ? undefined : { [GATEWAY_META]: server.gatewayId };
  return `{"supportedVersions":["2026-07-28"],"capabilities":${JSON.stringify(capabilities)},${instructions}${cacheMembers(cache)}${complete(about, meta)}}`;
};

const error = (failure: GatewayError): HttpError => ({
  httpStatus: toHttpStatus(failure),
  error: toRpcError(failure),
});

/** What an upstream says of the hop to it, or in an older revision: never the gateway's word to its own client. */
const OF_ANOTHER_HOP = new Set([HEADER_MISMATCH, VERSION_UNSUPPORTED]);

const upstreamError = (method: ForwardedMethod, target: string, failure: RpcError): HttpError => {
  if (failure.code === RESOURCE_NOT_FOUND && method === 'resources/read') {
    const data = { uri: target };
    return { httpStatus: 200, error: { code: INVALID_PARAMS, message: failure.message, data } };
  }
  if (failure.code === CAPABILITY_MISSING) return { httpStatus: 400, error: failure };
  // What it says of the URLs to visit is of use in any revision.
  if (failure.code === URL_ELICITATION_REQUIRED)
    return { httpStatus: 200, error: { ...failure, code: INTERNAL_ERROR } };
  if (OF_ANOTHER_HOP.has(failure.code))
    return { httpStatus: 200, error: { code: INTERNAL_ERROR, message: failure.message } };
  return { httpStatus: 200, error: failure };
};

/** MCP 2026-07-28: stateless, one POST per message. https://modelcontextprotocol.io/specification/2026-07-28 */
export const r2026_07_28: ServerCodec = {
  revision: REVISION,
  operations,
  serverRequests: { elicitationModes: [] },
  batches: false,
  primesStreams: false,
  readEnvelope,
  definition,
  listResult,
  callResult,
  inputRequiredResult,
  taskResult,
  emptyResult,
  greeting: discovery,
  error,
  upstreamError,
};

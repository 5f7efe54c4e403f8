import { fail } from '#libs/errors';
import type { Envelope } from '../../codec.js';
import { VERSION_KEY } from '../../era.js';
import { checkMirror } from '../../header-mirror.js';
import { type HeaderBag, singleHeaderValue } from '../../header-value.js';
import { isObject } from '../../../json/is-object.js';
import type { ClientRequest } from '../../message.js';
import type { RequestMeta } from '../../request-meta.js';

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
export const readEnvelope = (request: ClientRequest, meta: RequestMeta, headers: HeaderBag | null): Envelope => {
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
  if (typeof name === 'string') checkMirror(headers, 'mcp-name', name, true);
};

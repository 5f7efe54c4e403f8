import { fail } from '#libs/errors';
import { MODERN_REVISION, isModern, isServed } from '../revisions.js';
import { type HeaderBag, singleHeaderValue } from './header-value.js';
import type { ClientNotification, ClientRequest } from './message.js';
import { isObject } from '../json/is-object.js';

export const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Does the message claim, in its body, to be of a revision without sessions? */
const claimsEnvelope = (message: ClientRequest | ClientNotification): boolean => {
  const meta = message.params.value['_meta'];
  return isObject(meta) && Object.hasOwn(meta, VERSION_KEY);
};

/**
 * Which era a request or notification is of: the body decides, the header (where messages come with any) only where
 * the body says nothing.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#backward-compatibility
 */
export const eraOf = (message: ClientRequest | ClientNotification, headers: HeaderBag | null): 'modern' | 'legacy' => {
  if (claimsEnvelope(message)) return 'modern';
  if (headers === null) return 'legacy';
  const version = singleHeaderValue(headers, 'mcp-protocol-version');
  if (version === undefined) return 'legacy';
  return DATE.test(version) && version >= MODERN_REVISION ? 'modern' : 'legacy';
};

/**
 * A session's requests may name their revision in the header. Throws `mcp.version_unsupported` for one that is not served.
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#protocol-version-header
 */
export const checkLegacyVersion = (headers: HeaderBag): void => {
  const value = headers['mcp-protocol-version'];
  if (value === undefined) return;
  const version = singleHeaderValue(headers, 'mcp-protocol-version');
  if (isServed(version) && !isModern(version)) return;
  throw fail('mcp.version_unsupported', { data: { supported: [MODERN_REVISION], requested: version ?? '' } });
};

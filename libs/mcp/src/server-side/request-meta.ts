import { fail } from '#libs/errors';
import { VIA_META } from '../gateway-way.js';
import { memberAmong, valueText } from '../json/members.js';
import type { Params } from './message.js';
import { isObject } from '../json/is-object.js';

/** What `_meta` of a request says, the revision's own keys aside. */
export interface RequestMeta {
  readonly value: Readonly<Record<string, unknown>>;
  /** As the client wrote it; `null` when no progress is wanted. */
  readonly progressTokenText: string | null;
  readonly traceparent: string | undefined;
  /** As it came; whoever passes it on looks at it first. */
  readonly tracestate: unknown;
  readonly baggage: unknown;
  /** What goes on to the upstream: neither reserved keys nor what each hop writes anew. */
  readonly passed: Readonly<Record<string, unknown>> | undefined;
}

const META_KEYS_MAX = 256;
/** https://modelcontextprotocol.io/specification/2026-07-28/basic#_meta */
const RESERVED_PREFIX = 'io.modelcontextprotocol/';
const HOP_KEYS = new Set(['progressToken', 'traceparent', 'tracestate', 'baggage', VIA_META]);

const NO_META: RequestMeta = {
  value: {},
  progressTokenText: null,
  traceparent: undefined,
  tracestate: undefined,
  baggage: undefined,
  passed: undefined,
};

/**
 * Reads `_meta` of a request. Throws `mcp.params_invalid` where it is no object, `mcp.invalid_request` where it is too
 * large.
 */
export const readRequestMeta = (params: Params): RequestMeta => {
  const value = params.value['_meta'];
  if (value === undefined) return NO_META;
  if (!isObject(value)) throw fail('mcp.params_invalid', { message: '_meta must be an object' });
  const keys = Object.keys(value);
  if (keys.length > META_KEYS_MAX) throw fail('mcp.invalid_request', { message: 'Too many _meta members' });
  const metaMember = params.members.find((member) => member.key === '_meta');
  const text = metaMember === undefined ? '{}' : valueText(params.text, metaMember);
  const tokenMember = memberAmong(text, value, 'progressToken');

  let progressTokenText: string | null = null;
  const token = value['progressToken'];
  if (token !== undefined && token !== null) {
    if (typeof token !== 'string' && !Number.isInteger(token)) {
      throw fail('mcp.params_invalid', { message: 'progressToken must be a string or an integer' });
    }
    progressTokenText = tokenMember === undefined ? null : valueText(text, tokenMember);
  }
  let passed: Record<string, unknown> | undefined;
  for (const key of keys) {
    if (HOP_KEYS.has(key) || key.startsWith(RESERVED_PREFIX) || key === '__proto__') continue;
    passed ??= {};
    passed[key] = value[key];
  }
  const { traceparent, tracestate, baggage } = value;
  return {
    value,
    progressTokenText,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    tracestate,
    baggage,
    passed,
  };
};

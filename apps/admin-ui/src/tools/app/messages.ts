/** What an app may say to the console: https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx */
export type AppMessage =
  | { readonly kind: 'request'; readonly id: string | number; readonly method: string; readonly params: Params }
  | { readonly kind: 'notification'; readonly method: string; readonly params: Params }
  | { readonly kind: 'answer'; readonly id: string | number };

export type Params = Readonly<Record<string, unknown>>;

const MESSAGE_CHARS_MAX = 1_000_000;

const isObject = (value: unknown): value is Params =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

/** The message that a frame has posted; `null` for what is none, or too long to be one. */
export const readMessage = (posted: unknown): AppMessage | null => {
  if (!isObject(posted) || lengthOf(posted) > MESSAGE_CHARS_MAX) return null;
  const { jsonrpc, id, method, params = {} } = posted;
  if (jsonrpc !== '2.0') return null;
  if (method === undefined)
    return isId(id) && ('result' in posted || 'error' in posted) ? { kind: 'answer', id } : null;
  if (typeof method !== 'string' || !isObject(params)) return null;
  if (id === undefined) return { kind: 'notification', method, params };
  return isId(id) ? { kind: 'request', id, method, params } : null;
};

/** Posted values may hold more than JSON can, and themselves. */
const lengthOf = (value: Params): number => {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Infinity;
  }
};

/** The app gets a failure for an answer. */
export class AppRefusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

export const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
/** The person has said no, or may not. */
export const REFUSED = -32_000;

/** The address that an app wants opened: of the web, and nothing else. Throws `AppRefusal`. */
export const linkOf = ({ url }: Params): string => {
  const link = typeof url === 'string' && url.length <= 4_096 ? URL.parse(url) : null;
  if (link === null || !['https:', 'http:'].includes(link.protocol) || link.username !== '' || link.password !== '')
    throw new AppRefusal(INVALID_PARAMS, 'Only an http or https address can be opened');
  return link.href;
};

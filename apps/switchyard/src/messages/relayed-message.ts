import { INTERNAL_ERROR } from '#libs/mcp';

/** What a relay looks at in a message; the message itself goes on as it came. */
export interface RelayedMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: {
    readonly _meta?: Readonly<Record<string, unknown>>;
    readonly [name: string]: unknown;
  };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code?: unknown };
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** `null` for what is no JSON object. */
export const readRelayed = (text: string): RelayedMessage | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RelayedMessage) : null;
  } catch {
    return null;
  }
};

export const isRequest = ({ id, method }: RelayedMessage): boolean => typeof method === 'string' && id !== undefined;

/** The revision that the message says it is of; only those since 2026-07-28 do. */
export const claimedRevision = ({ params }: RelayedMessage): string | null => {
  const claimed = params?._meta?.[VERSION_KEY];
  return typeof claimed === 'string' ? claimed : null;
};

export const failureOf = (id: unknown, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: INTERNAL_ERROR, message } });

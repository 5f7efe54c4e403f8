/** By number. https://grpc.io/docs/guides/status-codes/ */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** The call went well. */
export const GRPC_OK = 0;
/** The server has no such method. */
export const GRPC_UNIMPLEMENTED = 12;
export const GRPC_PERMISSION_DENIED = 7;
/** The server, or what stands before it, is away for now. */
export const GRPC_UNAVAILABLE = 14;
/** The credential that was shown is not good. */
export const GRPC_UNAUTHENTICATED = 16;

/** How a call ended, as the server says. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
  /** A `google.rpc.Status`, where there is one. */
  readonly details?: Uint8Array;
}

/** The name of a status, as gRPC writes it; `CODE_` and the number for one that gRPC does not know. */
export const statusName = (code: number): string => NAMES[code] ?? `CODE_${code}`;

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The status that stands in trailers, or in the headers of an answer that has nothing else; `null` where there is none. */
export const statusIn = (headers: Headers): GrpcStatus | null => {
  const code = Number(headers['grpc-status'] ?? Number.NaN);
  if (!Number.isInteger(code) || code < 0) return null;
  const details = textOf(headers['grpc-status-details-bin']);
  return {
    code,
    message: decodedMessage(textOf(headers['grpc-message']) ?? ''),
    ...(details !== undefined && { details: Buffer.from(details, 'base64') }),
  };
};

/** https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md */
const OF_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: GRPC_UNAUTHENTICATED,
  403: GRPC_PERMISSION_DENIED,
  404: GRPC_UNIMPLEMENTED,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** The status of an answer that says none: it comes from something before the server. */
export const statusOfHttp = (httpStatus: number): GrpcStatus => ({
  code: OF_HTTP[httpStatus] ?? 2,
  message: `HTTP status ${httpStatus}`,
});

const TIMEOUT_MS_MAX = 99_999_999;

/** The value of `grpc-timeout`, which has eight digits at most. */
export const timeoutText = (timeoutMs: number): string =>
  `${Math.min(TIMEOUT_MS_MAX, Math.max(1, Math.ceil(timeoutMs)))}m`;

const textOf = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

/** What is no valid percent form is shown as it came. */
const decodedMessage = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

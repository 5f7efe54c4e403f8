import { type FailureCode, catalogue, isFailureCode } from './catalogue.js';

/** Whether the tool may have run: `no` is a promise, so that the caller may repeat the call. */
export type Executed = 'no' | 'unknown';

/** What a failure says beyond its code. */
export interface FailureDetails {
  /** Replaces the catalogue's message. Public. */
  readonly message?: string;
  /** Public, JSON. Merged into the `data` of a JSON-RPC error. */
  readonly data?: Record<string, unknown>;
  readonly executed?: Executed;
  /** For logs only; never crosses a process boundary. */
  readonly cause?: unknown;
}

/** A failure the gateway names. Thrown inside, translated once at each rim. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly data: Record<string, unknown> | undefined;
  readonly executed: Executed | undefined;

  constructor(
    readonly code: FailureCode,
    details: FailureDetails = {},
  ) {
    super(details.message ?? catalogue[code].message, { cause: details.cause });
    this.data = details.data;
    this.executed = details.executed;
  }

  get httpStatus(): number {
    return catalogue[this.code].http;
  }

  get rpcCode(): number {
    return catalogue[this.code].rpc;
  }
}

/** A failure to throw. */
export const fail = (code: FailureCode, details?: FailureDetails): GatewayError => new GatewayError(code, details);

/** Any thrown value as a named failure; what has no name is `platform.internal`, its text kept for the log alone. */
export const toGatewayError = (thrown: unknown): GatewayError =>
  thrown instanceof GatewayError ? thrown : new GatewayError('platform.internal', { cause: thrown });

/** Any thrown value as a named failure that promises that nothing has run, whatever it said before. */
export const notExecuted = (thrown: unknown): GatewayError => {
  const { code, message, data, cause } = toGatewayError(thrown);
  return new GatewayError(code, { message, executed: 'no', cause, ...(data && { data }) });
};

/** A failure as it crosses the bus. */
export interface FailureEnvelope {
  readonly code: FailureCode;
  readonly message: string;
  readonly data?: Record<string, unknown>;
  readonly executed?: Executed;
}

/** Any thrown value as the bus carries it. Its cause stays here. */
export const toEnvelope = (thrown: unknown): FailureEnvelope => {
  const error = toGatewayError(thrown);
  return {
    code: error.code,
    message: error.message,
    ...(error.data && { data: error.data }),
    ...(error.executed && { executed: error.executed }),
  };
};

/** The failure that came over the bus; a code that is not known here is `platform.internal`. */
export const fromEnvelope = (envelope: FailureEnvelope): GatewayError =>
  isFailureCode(envelope.code)
    ? new GatewayError(envelope.code, envelope)
    : new GatewayError('platform.internal', { cause: envelope });

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayError, toGatewayError } from '#libs/errors';
import {
  LEGACY_REVISIONS,
  MODERN_REVISION,
  type ServerCodec,
  errorMessage,
  serverCodec,
  singleHeaderValue,
} from '#libs/mcp';
import { answerJson, refusalHeaders } from '#libs/mcp-http';
import { type Logger, noteFacts } from '#libs/telemetry';
import type { Admission } from '../admission/index.js';
import { type CallAbort, type Endpoint, enterTrace } from '../call/index.js';
import type { RefusalJournal } from '../forwarding/index.js';

/** One HTTP request: what came in where, and where the answer goes. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
}

/**
 * A client of 2026-07-28 cancels a call by leaving.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/cancellation
 */
export const cancelOnClose = (response: ServerResponse, abort: CallAbort): void => {
  (response as Cancellable)[ABORT] = abort;
  response.on('close', onClose);
};

const ABORT = Symbol('ABORT');
type Cancellable = ServerResponse & { [ABORT]: CallAbort };

// One function for all requests, rather than a closure each.
function onClose(this: ServerResponse): void {
  if (!this.writableFinished) (this as Cancellable)[ABORT].abort();
}

export const errorText = (codec: ServerCodec, idText: string | null, failure: GatewayError): string =>
  errorMessage(idText, codec.error(failure).error);

/** Refuses what is wrong with a request once its caller is known: a stranger is told to log in before anything else. */
export const refuseOnceKnown = async (
  admission: Admission,
  { request, endpoint }: Pick<HttpExchange, 'request' | 'endpoint'>,
  thrown: unknown,
  refuse: (thrown: unknown) => void,
): Promise<void> => {
  try {
    await admission.caller(request, endpoint.serverId);
  } catch (stranger) {
    return refuse(stranger);
  }
  refuse(thrown);
};

/** Where it is written down that a request was refused. */
export interface RefusalRecords {
  readonly refusals: RefusalJournal;
  /** Whether answers say what their request is found by in the log. */
  readonly correlates: boolean;
  readonly logger: Logger;
}

/** Answers a request that never became a call. */
export const refuseExchange = (
  { request, response, endpoint }: HttpExchange,
  thrown: unknown,
  idText: string | null,
  { refusals, correlates, logger }: RefusalRecords,
): void => {
  const failure = toGatewayError(thrown);
  const trace = enterTrace(null, request.headers);
  const { correlationId } = trace;
  refusals.unread(request, endpoint, failure, trace);
  noteFacts(request, { correlationId, code: failure.code });
  if (failure.code === 'platform.internal') logger.error({ err: thrown, correlationId }, 'a request failed');
  if (response.headersSent || response.destroyed) return void response.destroy();
  const modern = singleHeaderValue(request.headers, 'mcp-protocol-version') === MODERN_REVISION;
  const codec = serverCodec(modern ? MODERN_REVISION : LEGACY_REVISIONS[0]);
  const { httpStatus } = codec.error(failure);
  const text = errorText(codec, idText, failure);
  answerJson(response, httpStatus, text, refusalHeaders(failure, httpStatus), correlates ? correlationId : undefined);
  if (!request.complete) request.resume();
};

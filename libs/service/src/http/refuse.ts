import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GatewayError } from '#libs/errors';
import { retryHeaders } from '#libs/identity';

/** The body of every REST failure. */
export interface RestFailure {
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly unknown[];
}

/** Answers at once, outside Fastify. */
export const refuse = (
  response: ServerResponse,
  error: GatewayError,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const body: RestFailure = { detail: error.message, code: error.code };
  const retry = error.httpStatus === 503 ? retryHeaders(error) : {};
  answerJson(response, error.httpStatus, body, { ...retry, ...headers });
};

/** Answers with a status and a JSON body that nobody may store. */
export const answerJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(text);
};

/**
 * Answers an upgrade that is not granted, and lets go of its socket: nobody reads or times it any more, and of a client that keeps its
 * half open it would stay for ever. `answer`: a whole HTTP response.
 */
export const refuseUpgrade = (socket: Duplex, answer: string): void => {
  socket.once('finish', () => socket.destroy());
  socket.end(answer);
};

import { type GatewayError, toGatewayError } from '#libs/errors';
import { challengeFor, retryHeaders } from '#libs/identity';
import { LEGACY_REVISIONS, errorMessage, serverCodec } from '#libs/mcp';

export interface RefusalAnswer {
  readonly httpStatus: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

const CODEC = serverCodec(LEGACY_REVISIONS[0]);

/** The HTTP headers that belong to a refusal: how to get in, or when to come again. */
export const refusalHeaders = (error: GatewayError, httpStatus: number): Record<string, string> => {
  const headers: Record<string, string> = {};
  const scope = error.data?.['scope'];
  const challenge = challengeFor(error, { scope: typeof scope === 'string' ? scope : undefined });
  if (challenge !== null) headers['WWW-Authenticate'] = challenge;
  if (httpStatus === 503 || httpStatus === 429) Object.assign(headers, retryHeaders(error));
  if (httpStatus === 405) headers['Allow'] = 'POST, GET, DELETE';
  if (httpStatus === 413) headers['Connection'] = 'close';
  return headers;
};

/** A refusal as a JSON-RPC message of the revisions with sessions. `idText` is the request's id as JSON text. */
export const refusalText = (failure: GatewayError, idText: string | null): string =>
  errorMessage(idText, CODEC.error(failure).error);

/** A refusal as an HTTP answer, in the words of the revisions with sessions. */
export const refusalAnswer = (thrown: unknown, idText: string | null): RefusalAnswer => {
  const failure = toGatewayError(thrown);
  const { httpStatus } = CODEC.error(failure);
  return { httpStatus, text: refusalText(failure, idText), headers: refusalHeaders(failure, httpStatus) };
};

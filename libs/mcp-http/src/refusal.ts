import { type GatewayError, toGatewayError } from '#libs/errors';
import { challengeFor, retryHeaders } from '#libs/identity';
import { LEGACY_REVISIONS, errorMessage, serverCodec } from '#libs/mcp';

/** A refusal as HTTP writes it. */
export interface RefusalAnswer {
  readonly httpStatus: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

/** As `WWW-Authenticate` and the failure's data have it. https://www.rfc-editor.org/rfc/rfc9728#section-5.1 */
const METADATA = 'resource_metadata';
const CODEC = serverCodec(LEGACY_REVISIONS[0]);

/** The HTTP headers that belong to a refusal: how to get in, or when to come again. */
export const refusalHeaders = (error: GatewayError, httpStatus: number): Record<string, string> => {
  const headers: Record<string, string> = {};
  const challenge = challengeFor(error, { scope: textOf(error, 'scope'), resourceMetadata: textOf(error, METADATA) });
  if (challenge !== null) headers['WWW-Authenticate'] = challenge;
  if (httpStatus === 503 || httpStatus === 429) Object.assign(headers, retryHeaders(error));
  if (httpStatus === 405) headers['Allow'] = 'POST, GET, DELETE';
  if (httpStatus === 413) headers['Connection'] = 'close';
  return headers;
};

const textOf = ({ data }: GatewayError, name: string): string | undefined => {
  const value = data?.[name];
  return typeof value === 'string' ? value : undefined;
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

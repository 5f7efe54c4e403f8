import { type GatewayError, toGatewayError } from '#libs/errors';
import { LEGACY_REVISIONS, errorMessage, serverCodec } from '#libs/mcp';
import { headersFor } from '../refusal.js';

export interface RefusalAnswer {
  readonly httpStatus: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

const CODEC = serverCodec(LEGACY_REVISIONS[0]);

/** A refusal as a message of the revisions with sessions. */
export const refusalText = (failure: GatewayError, idText: string | null): string =>
  errorMessage(idText, CODEC.error(failure).error);

/** What a client that wants a connection is told when it does not get one, or may not use it. */
export const refusalAnswer = (thrown: unknown, idText: string | null): RefusalAnswer => {
  const failure = toGatewayError(thrown);
  const { httpStatus } = CODEC.error(failure);
  return { httpStatus, text: refusalText(failure, idText), headers: headersFor(failure, httpStatus) };
};

import {
  askProblem,
  type IncomingError,
  type IncomingResult,
  isObject,
  resourceLinksOf,
  resultParts,
  INTERNAL_ERROR,
  RESOURCE_NOT_FOUND,
  URL_ELICITATION_REQUIRED,
} from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import { resourceNotFound } from '../upstream-error.js';

type Json = Readonly<Record<string, unknown>>;

/** Gives a call the result of an upstream before 2026-07-28, which knows neither result types nor cache hints. */
export const giveLegacyResult = (call: OpenCall, message: IncomingResult): void => {
  const { meta, text } = resultParts(message);
  const links = resourceLinksOf(message.result);
  call.answer(
    { kind: 'result', ...(meta && { meta }), ...(links && { links }) },
    text,
    message.result.isError === true,
  );
};

/** Gives a call the error of such an upstream, in codes that mean the same to a client of any revision. */
export const giveLegacyError = (call: OpenCall, { error }: IncomingError): void => {
  const { code } = error;
  if (code === URL_ELICITATION_REQUIRED) {
    const inputRequests = urlElicitations(error.data, call.call.client.capabilities);
    if (inputRequests !== null) return call.answer({ kind: 'input-required' }, `{"inputRequests":${inputRequests}}`);
  }
  // Of anything but a resource the code means whatever the upstream means by it.
  if (code === RESOURCE_NOT_FOUND && call.call.method === 'resources/read')
    return call.answer({ kind: 'error', error: resourceNotFound(call, error) });
  // Codes that have since been given a meaning which this upstream cannot have had in mind.
  const isTaken = code <= -32020 && code >= -32099;
  call.answer({ kind: 'error', error: isTaken ? { ...error, code: INTERNAL_ERROR } : error });
};

/** The URLs a user has to visit first, as the input requests of 2026-07-28; `null` when the client cannot be sent there. */
const urlElicitations = (data: unknown, capabilities: Json): string | null => {
  const elicitations = isObject(data) ? data.elicitations : undefined;
  if (!Array.isArray(elicitations) || elicitations.length === 0 || elicitations.length > 16) return null;
  const requests: Record<string, unknown> = {};
  for (const [index, elicitation] of elicitations.entries()) {
    if (!isObject(elicitation)) return null;
    const params = { mode: 'url', message: elicitation.message, url: elicitation.url };
    if (askProblem('elicitation/create', params, capabilities) !== null) return null;
    requests[`input_${index + 1}`] = { method: 'elicitation/create', params };
  }
  return JSON.stringify(requests);
};

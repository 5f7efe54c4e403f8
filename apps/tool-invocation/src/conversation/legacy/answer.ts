import {
  type IncomingError,
  type IncomingResult,
  linksIn,
  resultBody,
  resultHead,
  INTERNAL_ERROR,
  RESOURCE_NOT_FOUND,
  textOf,
  withMembers,
} from '#libs/mcp';
import type { OpenCall } from '../../call/open-call.js';
import { resourceNotFound } from '../upstream-error.js';

/** Gives a call the result of an upstream before 2026-07-28, which knows neither result types nor cache hints. */
export const giveLegacyResult = (call: OpenCall, message: IncomingResult): void => {
  const { meta } = resultHead(message);
  const links = linksIn(message);
  const body = resultBody(message);
  call.answer(
    { kind: 'result', ...(meta && { meta }), ...(links && { links }) },
    lacksContent(call, message) ? withMembers(textOf(body), { content: '[]' }) : body,
    message.seen.isError === true,
  );
};

/** Clients of sessions read a result without content as one of none; 2026-07-28 wants it said. */
const lacksContent = ({ call }: OpenCall, { seen }: IncomingResult): boolean =>
  call.method === 'tools/call' && (seen.content ?? null) === null;

/** Gives a call the error of such an upstream, in codes that mean the same to a client of any revision. */
export const giveLegacyError = (call: OpenCall, { error }: IncomingError): void => {
  const { code } = error;
  // Of anything but a resource the code means whatever the upstream means by it.
  if (code === RESOURCE_NOT_FOUND && call.call.method === 'resources/read')
    return call.answer({ kind: 'error', error: resourceNotFound(call, error) });
  // Codes that have since been given a meaning which this upstream cannot have had in mind.
  const isTaken = code <= -32020 && code >= -32099;
  call.answer({ kind: 'error', error: isTaken ? { ...error, code: INTERNAL_ERROR } : error });
};

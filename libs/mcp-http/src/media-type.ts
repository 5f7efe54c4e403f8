import type { IncomingHttpHeaders } from 'node:http';
import { fail } from '#libs/errors';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/** Throws unless the body is JSON in UTF-8 as it stands: a compressed one may be a thousand times what it seems. */
export const checkContentType = (headers: IncomingHttpHeaders): void => {
  const type = headers['content-type'];
  if (type !== 'application/json' && (type === undefined || !JSON_TYPE.test(type)))
    throw fail('http.media_type_unsupported');
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw fail('http.media_type_unsupported', { message: 'Compressed requests are not accepted' });
  }
};

const ZERO_WEIGHT = /;\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)/i;

const allows = (accept: string, type: string, anyOfType: string): boolean =>
  accept.split(',').some((range) => {
    const name = range.split(';', 1)[0]?.trim().toLowerCase();
    return (name === type || name === anyOfType || name === '*/*') && !ZERO_WEIGHT.test(range);
  });

/** Whether an `Accept` header takes `text/event-stream`. https://www.rfc-editor.org/rfc/rfc9110#name-accept */
export const acceptsEventStream = (accept: string): boolean => allows(accept, 'text/event-stream', 'text/*');

const BOTH = new Set(['application/json, text/event-stream', 'text/event-stream, application/json', '*/*']);

/**
 * Whether the answer to a POST may be an event stream: without `Accept` it may be anything. Throws unless it may be JSON,
 * for every refusal is.
 */
export const checkAccept = ({ accept }: IncomingHttpHeaders): boolean => {
  if (accept === undefined || accept === '' || BOTH.has(accept)) return true;
  if (!allows(accept, 'application/json', 'application/*')) {
    throw fail('http.not_acceptable', { message: 'Accept must list application/json' });
  }
  return acceptsEventStream(accept);
};

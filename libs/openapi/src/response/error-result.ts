import { isJsonType, isTextType, mediaTypeParameter } from '../document/media-type.js';
import { decoded, type HttpAnswer, textResult, type ToolResult } from './answer.js';

const BODY_CHARS_MAX = 8_000;

/** What tells a client when it may come again. */
const TOLD_HEADERS = [
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
];

/** An answer that is no success, told so that a model can act on it: status, what the server says, when to come again. */
export const errorResult = (answer: HttpAnswer, body: Uint8Array, credentials: readonly string[]): ToolResult => {
  const { status, statusText, headers } = answer;
  const lines = [`${status} ${statusText}`.trim()];
  if (status === 401 || status === 403) lines.push(credentialLine(credentials));
  if (status >= 300 && status < 400) lines.push('The server redirects elsewhere; that is not followed.');
  for (const name of TOLD_HEADERS) {
    const value = headers[name];
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  const text = bodyText(headers['content-type'] ?? '', body);
  if (text !== '') lines.push(text);
  return textResult(lines.join('\n'), true);
};

const credentialLine = (credentials: readonly string[]): string =>
  credentials.length === 0 ? 'No credential was sent.' : `The credential that was sent: ${credentials.join(', ')}.`;

const bodyText = (mediaType: string, body: Uint8Array): string => {
  if (body.length === 0) return '';
  if (!isJsonType(mediaType) && !isTextType(mediaType) && mediaType !== '')
    return `(${body.length} bytes of ${mediaType.slice(0, 100)})`;
  const text = decoded(body, mediaTypeParameter(mediaType, 'charset'));
  return text.length > BODY_CHARS_MAX ? `${text.slice(0, BODY_CHARS_MAX)}… (cut)` : text;
};

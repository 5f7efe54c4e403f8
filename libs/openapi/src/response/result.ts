import { essenceOf, isJsonType, isTextType, mediaTypeParameter } from '../document/media-type.js';
import { decoded, type HttpAnswer, textResult, type ToolResult } from './answer.js';
import { errorResult } from './error-result.js';
import { paginationOf } from './pagination.js';

/** What the result of an answer says besides the answer. */
export interface ResultOptions {
  /** The limit that a body of `null` went over, for the message. */
  readonly bodyBytesMax: number;
  /** The names of the credentials that were sent, for 401 and 403. */
  readonly credentials?: readonly string[];
  /** Names an answer that becomes an embedded resource; it is nobody's address. */
  readonly resourceUri?: string;
  /** Takes the place of the JSON text of a success. */
  readonly filtered?: string;
}

/**
 * The JSON text of an answer that a filter of its tool is for; `undefined` where there is nothing to filter, since the answer
 * is no success or has no content; `null` where its content is no JSON.
 */
export const jsonToFilter = ({ status, headers, body }: HttpAnswer): string | null | undefined => {
  if (body === null || body.length === 0 || status < 200 || status >= 300) return undefined;
  const mediaType = headers['content-type'] ?? '';
  const text = isJsonType(mediaType) || mediaType === '' ? utf8(body) : null;
  return text === null || kindOf(text) === 'invalid' ? null : text;
};

/**
 * The MCP result of an HTTP answer. JSON is passed on as it was written: as text, and as `structuredContent`, wrapped as
 * `{result: …}` where it is no object.
 * https://modelcontextprotocol.io/specification/2025-06-18/server/tools#tool-result
 */
export const resultOf = (answer: HttpAnswer, options: ResultOptions): ToolResult => {
  const { status, body } = answer;
  if (body === null) return textResult(`the response is larger than the limit of ${options.bodyBytesMax} bytes`, true);
  if (status < 200 || status >= 300) return errorResult(answer, body, options.credentials ?? []);
  const meta = paginationOf(answer, body);
  return { ...successResult(answer, body, options), ...(meta !== undefined && { meta }) };
};

const successResult = (
  { status, statusText, headers }: HttpAnswer,
  body: Uint8Array,
  options: ResultOptions,
): ToolResult => {
  if (body.length === 0) return textResult(`${status} ${statusText}`.trim(), false);
  const mediaType = headers['content-type'] ?? '';
  const essence = essenceOf(mediaType);
  if (options.filtered !== undefined) return jsonResult(options.filtered);
  if (isJsonType(mediaType)) return jsonResult(decoded(body, 'utf-8'));
  if (isTextType(mediaType)) return textResult(decoded(body, mediaTypeParameter(mediaType, 'charset')), false);
  if (mediaType === '') {
    const text = utf8(body);
    if (text !== null) return jsonResult(text);
  }
  return bytesResult(essence === '' ? 'application/octet-stream' : essence, body, options.resourceUri);
};

const jsonResult = (json: string): ToolResult => {
  const kind = kindOf(json);
  if (kind === 'invalid') return textResult(json, false);
  const structured = kind === 'object' ? json : `{"result":${json}}`;
  const content = `[{"type":"text","text":${JSON.stringify(json)}}]`;
  return { isError: false, text: `{"content":${content},"structuredContent":${structured},"isError":false}` };
};

const kindOf = (json: string): 'object' | 'other' | 'invalid' => {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'object' : 'other';
  } catch {
    return 'invalid';
  }
};

const bytesResult = (mediaType: string, body: Uint8Array, uri = 'urn:switchyard:response'): ToolResult => {
  const data = Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64');
  const kind = mediaType.split('/', 1)[0];
  const block =
    kind === 'image' || kind === 'audio'
      ? { type: kind, mimeType: mediaType, data }
      : { type: 'resource', resource: { uri, mimeType: mediaType, blob: data } };
  return { isError: false, text: `{"content":[${JSON.stringify(block)}],"isError":false}` };
};

const utf8 = (body: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
};

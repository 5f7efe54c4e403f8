import type { CarriedJson } from '../json/carried.js';

/** Writes JSON-RPC messages around texts that are already JSON. */

/** A message or a result: whole, or where the most of it are bytes that are passed on, in parts to be sent one after the other. */
export type JsonParts = string | readonly CarriedJson[];

/** How long it is in bytes. */
export const bytesOf = (json: JsonParts): number =>
  typeof json === 'string' ? Buffer.byteLength(json) : json.reduce((sum, part) => sum + Buffer.byteLength(part), 0);

/** Its text, for whoever keeps it or has no use for bytes. */
export const joined = (json: JsonParts): string => (typeof json === 'string' ? json : json.join(''));

/** What an answer says of a failure: https://www.jsonrpc.org/specification#error_object */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The text of an answer; `idText` and `resultText` are JSON. */
export const resultMessage = (idText: string, resultText: string): string => `${resultStart(idText)}${resultText}}`;

/** The same with the members in the other order, so that it begins alike whatever the id. */
export const resultAroundStart = (
  idText: string,
  start: CarriedJson,
  end: string,
): { readonly start: JsonParts; readonly end: string } => ({
  start: inParts(['{"result":', start]),
  end: `${end},"jsonrpc":"2.0","id":${idText}}`,
});

/** The same around a result that may come in parts. */
export const resultInParts = (idText: string, result: JsonParts): JsonParts =>
  typeof result === 'string' ? resultMessage(idText, result) : inParts([resultStart(idText), ...result, '}']);

/** Texts beside each other are one part; one text where there is nothing else. */
export const inParts = (pieces: readonly CarriedJson[]): JsonParts => {
  const parts: CarriedJson[] = [];
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    if (text !== '') parts.push(text);
    text = '';
    parts.push(piece);
  }
  if (parts.length === 0) return text;
  if (text !== '') parts.push(text);
  return parts;
};

const resultStart = (idText: string): string => `{"jsonrpc":"2.0","id":${idText},"result":`;

/** Without an id where none could be read. */
export const errorMessage = (idText: string | null, error: RpcError): string =>
  idText === null
    ? `{"jsonrpc":"2.0","error":${JSON.stringify(error)}}`
    : `{"jsonrpc":"2.0","id":${idText},"error":${JSON.stringify(error)}}`;

/** The text of a notification; `paramsText` is JSON. */
export const notificationMessage = (method: string, paramsText: string): string =>
  `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${paramsText}}`;

/** The text of a request to a client; `paramsText` is JSON. */
export const requestMessage = (id: string, method: string, paramsText: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":${JSON.stringify(method)},"params":${paramsText}}`;

/** The text of an object with more members behind those it has. `members` is their text without braces. */
export const appendMembers = (objectText: string, members: string): string => {
  if (members === '') return objectText;
  const end = objectText.lastIndexOf('}');
  const head = objectText.slice(0, end).trimEnd();
  return head.endsWith('{') ? `${head}${members}}` : `${head},${members}}`;
};

/** The same of a result that may be bytes. */
export const withMembersBehind = (result: CarriedJson, members: string): JsonParts => {
  if (typeof result === 'string') return appendMembers(result, members);
  if (members === '') return [result];
  let end = result.lastIndexOf('}');
  while (SPACE.has(result[end - 1])) end--;
  return [result.subarray(0, end), result[end - 1] === OPEN_BRACE ? `${members}}` : `,${members}}`];
};

const OPEN_BRACE = 123;
/** https://www.rfc-editor.org/rfc/rfc8259#section-2 */
const SPACE: ReadonlySet<number | undefined> = new Set([9, 10, 13, 32]);

/** Writes JSON-RPC messages around texts that are already JSON. */

export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The text of an answer; `idText` and `resultText` are JSON. */
export const resultMessage = (idText: string, resultText: string): string =>
  `{"jsonrpc":"2.0","id":${idText},"result":${resultText}}`;

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

/**
 * The text of what goes to an upstream, made by joining texts: params leave as the client wrote them, number by number
 * and key by key.
 */
export const requestText = (id: number, method: string, paramsText: string): string =>
  `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${paramsText}}`;

/** The text of a notification to an upstream. */
export const notificationText = (method: string, params?: object): string =>
  JSON.stringify({ jsonrpc: '2.0', method, ...(params && { params }) });

/** Answers a request of the upstream with the text of a result. */
export const resultText = (id: string | number, result: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;

/** Answers a request of the upstream with an error. */
export const errorText = (id: string | number, code: number, message: string): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } });

/** `paramsText`, which has no `_meta`, with this one. */
export const withMeta = (paramsText: string, meta: object): string => withMetaText(paramsText, JSON.stringify(meta));

/** The same of one that is JSON already. */
export const withMetaText = (paramsText: string, metaText: string): string => {
  let at = paramsText.indexOf('{') + 1;
  while (paramsText.charCodeAt(at) <= 32) at++;
  return paramsText[at] === '}' ? `{"_meta":${metaText}}` : `{"_meta":${metaText},${paramsText.slice(at)}`;
};

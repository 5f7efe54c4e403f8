import { type Members, asTexts, isMembers, isTextMembers } from './members.js';

/** What a server is shown; `text` may have variables in it. */
export type Headers = readonly { readonly key: string; readonly text: string }[];

/** The headers of a server, in all the spellings that clients have; a sentence where they cannot be read. */
export const headersOf = (read: Members): Headers | string => {
  const { headers = {}, requestInit, envHeaders = {}, bearer, bearerVariable } = read;
  const plain = pairsOf(headers);
  if (plain === null) return 'has headers that are not an object of texts';
  if (
    requestInit !== undefined &&
    !(isMembers(requestInit) && Object.keys(requestInit).every((key) => key === 'headers'))
  )
    return 'has a requestInit with more than headers';
  const ofRequest = pairsOf((requestInit as Members | undefined)?.['headers'] ?? {});
  if (ofRequest === null) return 'has headers that are not an object of texts';
  if (!isTextMembers(envHeaders)) return 'has env_http_headers that are not an object of texts';
  const ofVariables = Object.entries(envHeaders).map(([key, variable]) => ({ key, text: `\${${variable}}` }));
  if (bearer !== undefined && typeof bearer !== 'string') return 'has a bearer token that is not text';
  if (bearerVariable !== undefined && typeof bearerVariable !== 'string')
    return 'has a bearer_token_env_var that is not text';
  return [
    ...plain,
    ...ofRequest,
    ...ofVariables,
    ...(bearer === undefined ? [] : [{ key: 'Authorization', text: `Bearer ${bearer.replace(/^bearer\s+/i, '')}` }]),
    ...(bearerVariable === undefined ? [] : [{ key: 'Authorization', text: `Bearer \${${bearerVariable}}` }]),
  ];
};

/** An object, or a list of names and values; null where it is neither. */
const pairsOf = (headers: unknown): Headers | null => {
  const texts = asTexts(headers);
  if (texts !== undefined)
    return Object.entries(texts).flatMap(([key, text]) => (text === null ? [] : [{ key, text }]));
  if (!Array.isArray(headers)) return null;
  const pairs = headers.map((item: unknown) => {
    const { key, name, value } = isMembers(item) ? item : {};
    const called = key ?? name;
    return typeof called === 'string' && typeof value === 'string' ? { key: called, text: value } : null;
  });
  return pairs.every((pair) => pair !== null) ? pairs : null;
};

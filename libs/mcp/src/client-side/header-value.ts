const PREFIX = '=?base64?';
const SUFFIX = '?=';
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?$/;

/**
 * A value as an `Mcp-Name` or `Mcp-Param-*` header carries it: as it is where that is safe, else Base64 between markers.
 * https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#value-encoding
 */
export const encodeHeaderValue = (value: string): string => {
  const looksEncoded = value.startsWith(PREFIX) && value.endsWith(SUFFIX);
  if (!looksEncoded && PLAIN.test(value)) return value;
  return `${PREFIX}${Buffer.from(value, 'utf8').toString('base64')}${SUFFIX}`;
};

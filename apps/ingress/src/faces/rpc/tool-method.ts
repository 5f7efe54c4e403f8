import { type Batch, type ClientMessage, type ClientRequest, readBody } from '#libs/mcp';

/** Methods of MCP have a slash, but for these, so nothing else can be meant by a name without one. */
const WITHOUT_SLASH: readonly string[] = ['initialize', 'ping'];

/**
 * A request whose method is the name of a tool, as the call of that tool; all others as they are. ContextForge's guides, and scripts
 * made after them, call tools so. Throws as `readBody` does.
 */
export const asToolCall = (request: ClientRequest): ClientMessage | Batch => {
  const { idText, method, params } = request;
  if (method.includes('/') || WITHOUT_SLASH.includes(method)) return request;
  const call = `{"name":${JSON.stringify(method)},"arguments":${params.text}}`;
  return readBody(`{"jsonrpc":"2.0","id":${idText},"method":"tools/call","params":${call}}`);
};

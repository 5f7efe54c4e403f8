import { type HeaderMirror, headerMirrorsOf, memberText, mirrorHeaders } from '#libs/mcp';
import type { RelayedMessage } from '../../messages/relayed-message.js';

/**
 * Which arguments of which tool go into headers as well, learnt from the lists that pass by. A client on stdio knows
 * nothing of it. https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#schema-extension
 */
export class ParamMirrors {
  private readonly tools = new Map<string, readonly HeaderMirror[]>();

  learn({ result }: RelayedMessage): void {
    const tools = result?.['tools'];
    if (!Array.isArray(tools)) return;
    for (const { name, inputSchema } of tools as { name?: unknown; inputSchema?: unknown }[]) {
      if (typeof name !== 'string') continue;
      const found = headerMirrorsOf(inputSchema);
      if ('mirrors' in found && found.mirrors.length > 0) this.tools.set(name, found.mirrors);
      else this.tools.delete(name);
    }
  }

  headersFor(tool: string, messageText: string): Record<string, string> {
    const mirrors = this.tools.get(tool);
    const params = memberText(messageText, 'params');
    if (mirrors === undefined || params === undefined) return {};
    const flat = mirrorHeaders(mirrors, params);
    const headers: Record<string, string> = {};
    for (let at = 0; at < flat.length; at += 2) headers[flat[at] as string] = flat[at + 1] as string;
    return headers;
  }
}
